//! Waivers: findings that are known and accepted, each with its reason.

use crate::kinds::origin;
use crate::plan::Origin;
use crate::units::Date;
use crate::yaml::{Field, Item, Shape, Takes};

/// An entry under `ignore`; the fields are those of `WAIVER_SHAPE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// The code of the finding. Which codes there are is known where findings are.
    pub finding: String,
    /// What it is about; anything when it is not said.
    pub on: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is.
    pub until: Option<Date>,
    /// Where it is written.
    pub origin: Origin,
}

/// A finding that is accepted.
pub static WAIVER_SHAPE: Shape = Shape::new(
    "ignore",
    "A finding that is accepted: it is told as waived, with the reason, and fails no gate.",
    &[
        Field::required("finding", Takes::Text, "The code of the finding: `missing-timeout`."),
        Field::new("on", Takes::Text, "What it is about, as the finding says: `web>api`. Default: anything."),
        Field::required("reason", Takes::Text, "Why it is accepted."),
        Field::new("until", Takes::Date, "The last day on which it is. Default: for ever."),
    ],
);

impl Waiver {
    /// Whether its last day is over.
    pub fn expired(&self, today: Option<Date>) -> bool {
        matches!((self.until, today), (Some(until), Some(today)) if until < today)
    }
}

/// Reads `ignore`.
pub(super) fn read_all(item: &Item<'_>) -> Vec<Waiver> {
    item.items().iter().filter_map(read).collect()
}

fn read(item: &Item<'_>) -> Option<Waiver> {
    let mut fields = item.shaped(&WAIVER_SHAPE)?;
    let finding = fields.required("finding", "finding: missing-timeout").and_then(|item| words(&item));
    let on = fields.optional("on").and_then(|item| words(&item));
    let reason = fields.required("reason", "reason: the platform cuts off after 5 s").and_then(|item| words(&item));
    let until = fields.optional("until").and_then(|item| item.date());
    fields.finish();
    Some(Waiver { finding: finding?, on, reason: reason?, until, origin: origin(item) })
}

/// Text that says something.
fn words(item: &Item<'_>) -> Option<String> {
    let text = item.text()?.trim();
    if text.is_empty() {
        item.problem(format!("`{}` says nothing", item.name), "write it out, or remove it");
    }
    (!text.is_empty()).then(|| text.to_owned())
}
