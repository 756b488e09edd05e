//! Hedging: a second copy of a call that takes long; the first good answer wins.

use crate::units::SimDuration;
use crate::yaml::{Field, Item, Shape, Takes};

/// Settings of hedging (gRPC's `hedgingPolicy`, Polly's hedging, Finagle's backup requests).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// Wait before each further copy.
    pub after: SimDuration,
    /// Copies in all, the first included, from 2.
    pub attempts: u32,
}

/// `hedge: { after: 50ms, attempts: 2 }`
pub static SHAPE: Shape = Shape::new(
    "hedge",
    "Sends a further copy of a call that has no answer yet; the first good answer wins. A copy that fails sends the next \
     one at once. A copy is only sent if a connection and a permit are free.",
    &[
        Field::required("after", Takes::Duration, "Wait before each further copy (hedgingDelay), above zero."),
        Field::new("attempts", Takes::Whole(2, 5), "Copies in all, the first included (maxAttempts). Default 2."),
    ],
);

impl Hedge {
    /// Reads `50ms`, or a map of [`SHAPE`].
    pub fn read(item: &Item<'_>) -> Option<Hedge> {
        if !item.is_map() {
            return item.positive_duration().map(|after| Hedge { after, attempts: 2 });
        }
        let mut fields = item.shaped(&SHAPE)?;
        let after = fields.required("after", "after: 50ms").and_then(|item| item.positive_duration());
        let attempts = fields.optional("attempts").map(|item| item.whole(2, 5));
        fields.finish();
        Some(Hedge { after: after?, attempts: attempts.unwrap_or(Some(2))? })
    }
}
