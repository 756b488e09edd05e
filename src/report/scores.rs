//! The scores of a review, with what they rest on.

/// Marks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Production readiness.
    pub readiness: Option<Readiness>,
    /// Observability.
    pub observability: Option<Observability>,
}

/// A grade for how well one can see what happens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observability {
    /// A to F.
    pub grade: String,
    /// The points behind it.
    pub why: String,
}

/// Production readiness out of ten.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Readiness {
    /// From 0 to 10.
    pub score: f64,
    /// What it rests on.
    pub items: Vec<ReadinessItem>,
}

/// One item of the readiness checklist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadinessItem {
    /// What.
    pub name: String,
    /// `None` when it is neither declared nor simulated.
    pub passed: Option<bool>,
    /// Why.
    pub why: String,
}
