//! What is said of a component beside how it behaves. The engine does not look at it; findings do.

use crate::units::SimDuration;

/// Declarations of a component. `None` is silence: unknown, never bad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declarations {
    /// Who answers for it.
    pub owner: Option<String>,
    /// What one replica (a node, a server) costs a month, in the user's currency.
    pub cost: Option<f64>,
    /// Where sessions of users are kept.
    pub sessions: Option<Sessions>,
    /// Where files of users are kept.
    pub files: Option<Files>,
    /// How its logs are written.
    pub logs: Option<Logs>,
    /// Whether logs carry the number of the request they belong to, through all services.
    pub correlation_ids: Option<bool>,
    /// Whether it exports metrics.
    pub metrics: Option<bool>,
    /// Whether somebody has put them on a dashboard.
    pub dashboards: Option<bool>,
    /// Whether somebody is paged when they are out of bounds.
    pub alerts: Option<bool>,
    /// Whether it takes part in distributed traces.
    pub traces: Option<bool>,
    /// Whether its errors are collected and grouped.
    pub error_tracking: Option<bool>,
    /// How its API is versioned: by this word; `none` for not at all.
    pub versioning: Option<Versioning>,
    /// How its lists are paginated.
    pub pagination: Option<Pagination>,
    /// Whether its data is backed up.
    pub backups: Option<Backups>,
    /// How often it fails by itself.
    pub failures: Option<Failures>,
}

/// How often something fails, and for how long: both exponentially distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// The mean time from the end of one failure to the next.
    pub mtbf: SimDuration,
    /// The mean time that one lasts.
    pub mttr: SimDuration,
}

/// Where sessions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// There are none, or a token carries all.
    None,
    /// Outside: in a cache or a database.
    Shared,
    /// In the memory of a replica.
    Local,
}

/// Where files are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// There are none.
    None,
    /// In object storage or on a shared file system.
    Shared,
    /// On the disk of a replica.
    Local,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logs {
    /// As fields that can be searched.
    Structured,
    /// As lines of text.
    Plain,
    /// Not at all.
    None,
}

/// How an API is versioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// In its address or a header.
    Versioned,
    /// Not at all.
    None,
}

/// How lists are paginated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pagination {
    /// From a key on.
    Cursor,
    /// By a number of rows to pass over.
    Offset,
    /// Not at all.
    None,
}

/// Whether data is backed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backups {
    /// Yes, and it has been restored from one.
    Tested,
    /// Yes, but nobody has tried.
    Untested,
    /// No.
    None,
}
