//! A pooler between callers and server, as PgBouncer is one.

use super::super::MOST;
use crate::units::SimDuration;
use crate::yaml::{Field, Item, Shape, Takes};

/// `pooler: { mode: transaction, size: 20 }`
#[derive(Clone, Copy, Debug)]
pub(super) struct Pooler {
    pub mode: Mode,
    pub size: Option<u32>,
    pub clients: Option<u32>,
    pub wait: SimDuration,
}

/// For how long a client has a connection to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Session,
    Transaction,
    Statement,
}

/// PgBouncer's `default_pool_size`, `max_client_conn` and `query_wait_timeout`.
pub(super) const SIZE: u32 = 20;
pub(super) const CLIENTS: u32 = 100;
const WAIT: SimDuration = SimDuration::from_secs(120);

pub(super) static SHAPE: Shape = Shape::new(
    "pooler",
    "A pooler in front of each server, with PgBouncer's settings. `{}` takes every default.",
    &[
        Field::new(
            "mode",
            Takes::Word(&["session", "transaction", "statement"]),
            "For how long a client has a connection to the server: as long as its own is open (a caller's `pool` keeps it open), for \
             a transaction or a query outside one, or for a query only, so that there can be no `transaction`. Default `session`.",
        ),
        Field::new(
            "size",
            Takes::Whole(1, MOST),
            "Connections to the server (`default_pool_size`), at most its `connections`. Default 20.",
        ),
        Field::new(
            "clients",
            Takes::Whole(1, MOST),
            "Connections of callers (`max_client_conn`); more are refused. Default 100.",
        ),
        Field::new(
            "wait",
            Takes::Duration,
            "How long a client waits for a connection to the server (`query_wait_timeout`); then it fails. Default 120s.",
        ),
    ],
);

impl Pooler {
    pub(super) fn read(item: &Item<'_>) -> Option<Pooler> {
        let mut fields = item.shaped(&SHAPE)?;
        let modes = [("session", Mode::Session), ("transaction", Mode::Transaction), ("statement", Mode::Statement)];
        let mode = fields.optional("mode").and_then(|item| item.word(&modes)).unwrap_or(Mode::Session);
        let size = fields.optional("size").and_then(|item| item.whole(1, MOST));
        let clients = fields.optional("clients").and_then(|item| item.whole(1, MOST));
        let wait = fields.optional("wait").and_then(|item| item.positive_duration()).unwrap_or(WAIT);
        fields.synonyms(&[
            ("pool_mode", "mode"),
            ("default_pool_size", "size"),
            ("max_client_conn", "clients"),
            ("query_wait_timeout", "wait"),
        ]);
        fields.finish();
        Some(Pooler { mode, size, clients, wait })
    }
}
