//! Rows that only one request at a time can change.

use super::super::{MOST, Wiring, check_name, origin};
use crate::plan::Lock;
use crate::random::{Keys, Popularity};
use crate::units::SimDuration;
use crate::yaml::{Field, Item, Shape, Takes};

/// The most rows of one kind.
const MOST_ROWS: u32 = 10_000_000;

/// Rows of one kind.
#[derive(Debug)]
pub(super) struct Locks<'a> {
    item: Item<'a>,
    keys: Keys,
    wait: Option<SimDuration>,
}

pub(super) static SHAPE: Shape = Shape::new(
    "locks",
    "Rows of one kind. A request that changes one locks it (`lock`), and others that want the same row wait.",
    &[
        Field::required("keys", Takes::Whole(1, MOST), "How many rows there are, at most 10 million."),
        Field::new(
            "popularity",
            Takes::Popularity,
            "How requests spread over them: a hot row is a line of its own. Default `uniform`.",
        ),
        Field::new(
            "wait",
            Takes::Duration,
            "The longest wait for a row (PostgreSQL's `lock_timeout`, InnoDB's `innodb_lock_wait_timeout`); then the query fails. \
             Default: no limit, but after 1 s a deadlock is found, and one of those in it fails.",
        ),
    ],
);

impl<'a> Locks<'a> {
    pub(super) fn read(item: Item<'a>) -> Option<Locks<'a>> {
        if !check_name(&item) {
            return None;
        }
        let mut fields = item.shaped(&SHAPE)?;
        let keys = fields.required("keys", "keys: 1000").and_then(|item| item.whole(1, MOST_ROWS));
        let popularity =
            fields.optional("popularity").map_or(Some(Popularity::default()), |item| Popularity::read(&item));
        let wait = fields.optional("wait").and_then(|item| item.positive_duration());
        fields.synonyms(&[("timeout", "wait"), ("rows", "keys")]);
        fields.finish();
        Some(Locks { item, keys: Keys { count: keys?, popularity: popularity? }, wait })
    }

    pub(super) fn declare(&self, database: &str, wiring: &mut Wiring<'a>) {
        let name = format!("{database}.{}", self.item.name);
        let lock = wiring.builder.lock(Lock { name, keys: self.keys, wait: self.wait, origin: origin(&self.item) });
        wiring.add_lock(database, &self.item, lock);
    }
}
