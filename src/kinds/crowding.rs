//! Work that takes longer the more requests are in progress.

use crate::plan::Crowding;
use crate::yaml::{Field, Fields, Shape, Takes};

/// `scalability: { contention: 5%, coherency: 0.05% }`
pub(super) static SHAPE: Shape = Shape::new(
    "scalability",
    "How work slows down with the number n of requests in progress on a replica, by the Universal Scalability Law (Gunther): \
     it takes 1 + contention · (n - 1) + coherency · n · (n - 1) times as long.",
    &[
        Field::new(
            "contention",
            Takes::Share,
            "Share of the work that only one can do at a time (a lock, a log). Default 0%.",
        ),
        Field::new(
            "coherency",
            Takes::Share,
            "What each pair of requests costs, as a share of the work (keeping data consistent). Default 0%.",
        ),
    ],
);

pub(super) fn read(fields: &mut Fields<'_>) -> Option<Crowding> {
    let item = fields.optional("scalability")?;
    let mut fields = item.shaped(&SHAPE)?;
    let contention = fields.optional("contention").map_or(Some(0.0), |item| item.ratio());
    let coherency = fields.optional("coherency").map_or(Some(0.0), |item| item.ratio());
    fields.finish();
    let crowding = Crowding { contention: contention?, coherency: coherency? };
    if crowding.contention == 0.0 && crowding.coherency == 0.0 {
        item.problem_at_key("`scalability` changes nothing", "write `contention`, `coherency` or both, or remove it");
    }
    Some(crowding)
}
