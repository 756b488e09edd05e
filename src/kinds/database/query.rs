//! Queries: how long they hold a connection, and what they do to rows.
//!
//! What rows cost follows published figures (napkin-math, 2024): a table is scanned at 1 GiB/s and core, which is 0.1 us for a
//! row of 100 bytes; a row found by an index that is not in memory costs a random read of an SSD, 100 us.

use super::super::{StepSpec, Target, check_name};
use crate::plan::{EndpointId, ReplicationId, Rows};
use crate::random::{Dist, TIME};
use crate::units::SimDuration;
use crate::yaml::{Field, Item, Shape, Takes};

/// A query.
#[derive(Debug)]
pub(super) struct Query<'a> {
    /// Its name behind the dot.
    pub name: String,
    pub item: Item<'a>,
    /// Whether it reads or writes. A bare time says neither, which is good enough without read replicas.
    pub access: Option<Access>,
    /// How long it holds a connection, what rows cost apart.
    time: Dist,
    pub rows: Option<Rows>,
    /// The rows of which it locks one.
    lock: Option<Item<'a>>,
    /// Share of the rows found by an index that are in memory.
    cached: f64,
    pub id: Option<EndpointId>,
}

/// What a query does to the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It reads, on a read replica if there is one.
    Read,
    /// It writes, on the primary.
    Write,
}

pub(super) const QUERY: Takes = Takes::Any(&[Takes::Alias(&TIME), Takes::Map(&QUERY_SHAPE)]);

/// The most rows, or rows passed over.
const MOST: u32 = 1_000_000_000;

static QUERY_SHAPE: Shape = Shape::new(
    "query",
    "How long a query holds a connection, and what it does to the data.",
    &[
        Field::new("read", Takes::Alias(&TIME), "It reads, on a read replica if there is one."),
        Field::new("write", Takes::Alias(&TIME), "It writes, on the primary."),
        Field::new(
            "rows",
            Takes::Whole(1, MOST),
            "Rows that its condition selects, or without an index the rows of the table. What they cost is added to its time. \
             Default: its time says all.",
        ),
        Field::new(
            "index",
            Takes::Word(&["present", "missing"]),
            "Whether an index leads to the rows. If not, all are scanned, 0.1 us each (1 GiB/s, 100 bytes). Default `present`.",
        ),
        Field::new("limit", Takes::Whole(1, MOST), "It reads no more rows than this. Default: all."),
        Field::new(
            "page",
            Takes::Word(&["cursor", "offset"]),
            "How a further page is found: from a key on, or by passing over `offset` rows, which are read all the same. Default \
             `cursor`.",
        ),
        Field::new("offset", Takes::Whole(1, MOST), "With `page: offset`: how many rows a typical page passes over."),
        Field::new(
            "lock",
            Takes::Name,
            "It locks one of these rows (see `locks`) before it runs, to its end or that of its transaction. Default: none.",
        ),
        Field::new(
            "cached",
            Takes::Share,
            "Share of the rows found by an index that are in memory; each other one costs 100 us (a random read of an SSD). \
             Default 99%.",
        ),
    ],
);

/// Nanoseconds to scan a row, and to read one that is not in memory.
const SCAN: f64 = 100.0;
const MISS: f64 = 100_000.0;

impl<'a> Query<'a> {
    pub(super) fn read(item: Item<'a>) -> Option<Query<'a>> {
        let name = item.name.clone();
        debug_assert!(check_name(&item));
        let marks = ["read", "write", "rows"];
        if item.fields_if_map().is_none_or(|fields| !marks.iter().any(|mark| fields.has(mark))) {
            let time = Dist::read(&item)?;
            return Some(Query { name, access: None, time, rows: None, lock: None, cached: 1.0, id: None, item });
        }
        let mut fields = item.shaped(&QUERY_SHAPE)?;
        fields.exclusive("read", "write", "a query reads or writes; make it two queries");
        let (read, write) = (fields.optional("read"), fields.optional("write"));
        if read.is_none() && write.is_none() {
            fields.required("read", "read: 1ms");
        }
        let access = if read.is_some() { Access::Read } else { Access::Write };
        let cached = fields.optional("cached").map_or(Some(0.99), |item| item.ratio());
        let number = fields.optional("rows").map(|item| item.whole(1, MOST));
        let index = fields.optional("index");
        let missing = index.and_then(|item| item.word(&[("present", false), ("missing", true)])).unwrap_or(false);
        let limit = fields.optional("limit").map(|item| item.whole(1, MOST).unwrap_or(1));
        let page = fields.optional("page");
        let by_offset =
            page.as_ref().and_then(|item| item.word(&[("cursor", false), ("offset", true)])).unwrap_or(false);
        let offset = fields.optional("offset");
        if let Some(item) = offset.as_ref().filter(|_| !by_offset) {
            item.problem_at_key("`offset` has no effect without `page: offset`", "add `page: offset`, or remove it");
        }
        if let Some(item) = page.as_ref().filter(|_| by_offset && offset.is_none()) {
            item.problem(
                "a page by offset has no offset",
                "say how many rows a typical page passes over: `offset: 10k`",
            );
        }
        let passed = offset.and_then(|item| item.whole(1, MOST)).unwrap_or(0);
        if number.is_none() {
            for name in ["index", "limit", "page", "cached"] {
                if let Some(item) = fields.optional(name) {
                    let hint = "add the number of rows, such as `rows: 20k`, or remove it";
                    item.problem_at_key(format!("`{name}` has no effect without `rows`"), hint);
                }
            }
        }
        let lock = fields.optional("lock");
        fields.finish();
        let rows = number.flatten().map(|rows| Rows {
            rows,
            touched: if missing { rows } else { limit.unwrap_or(rows).saturating_add(passed).min(rows) },
            index: !missing,
            limited: limit.is_some(),
            offset: by_offset,
        });
        let time = read.or(write).and_then(|item| Dist::read(&item));
        Some(Query { name, access: Some(access), time: time?, rows, lock, cached: cached?, id: None, item })
    }

    /// Its time, then what its rows cost, with the row that it locks and the replicas that it concerns.
    pub(super) fn steps(&self, database: &str, follows: Option<ReplicationId>) -> Vec<StepSpec<'a>> {
        let cost = self.rows.map(|rows| {
            let each = if rows.index { SCAN + (1.0 - self.cached) * MISS } else { SCAN };
            SimDuration((f64::from(rows.touched) * each) as u64)
        });
        let cost = cost.filter(|cost| *cost > SimDuration::ZERO).map(|cost| StepSpec::Work(Dist::Constant(cost)));
        let peek = follows.filter(|_| self.access == Some(Access::Read)).map(StepSpec::Peek);
        let ship = follows.filter(|_| self.access == Some(Access::Write)).map(StepSpec::Ship);
        let work = std::iter::once(StepSpec::Work(self.time.clone())).chain(cost);
        let steps = peek.into_iter().chain(work).chain(ship).collect();
        let Some(item) = &self.lock else { return steps };
        let Some(name) = item.text() else { return steps };
        let rows = Target { text: format!("{database}.{name}"), item: item.clone() };
        vec![StepSpec::Lock { rows, optimistic: false, steps }]
    }
}
