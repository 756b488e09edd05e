//! Read replicas, and how far they are behind.

use super::super::{MOST, Wiring};
use crate::plan::{Replication, ReplicationId, StationId};
use crate::random::{Dist, Keys, Popularity, SETTING};
use crate::units::SimDuration;
use crate::yaml::{Field, Item, Shape, Takes};

/// The most rows that are followed.
const MOST_ROWS: u32 = 1_000_000;

/// `read_replicas: 2`, or `{ count: 2, lag: 50ms, keys: 10k }`
#[derive(Clone, Debug, Default)]
pub(super) struct Replicas {
    pub count: u32,
    follows: Option<Follows>,
}

#[derive(Clone, Debug)]
struct Follows {
    keys: Keys,
    lag: Dist,
    replay: SimDuration,
}

pub(super) const TAKES: Takes = Takes::Any(&[Takes::Whole(0, MOST), Takes::Map(&SHAPE)]);

static SHAPE: Shape = Shape::new(
    "read_replicas",
    "Replicas that follow the primary with a delay. A read of a row whose last change a replica has not applied yet is stale: it is \
     answered, and counted.",
    &[
        Field::required("count", Takes::Whole(1, MOST), "How many."),
        Field::required("keys", Takes::Whole(1, MOST_ROWS), "Different rows that are written and read."),
        Field::new("popularity", Takes::Popularity, "How reads and writes spread over them. Default `uniform`."),
        Field::new("lag", Takes::Alias(&SETTING), "How long a change is under way to a replica. Default 0s."),
        Field::new(
            "replay",
            Takes::Duration,
            "What applying a change takes; a replica applies one after another, and falls behind without end when they come faster. \
             Default 0s.",
        ),
    ],
);

impl Replicas {
    pub(super) fn read(item: &Item<'_>) -> Option<Replicas> {
        if !item.is_map() {
            return Some(Replicas { count: item.whole(0, MOST)?, follows: None });
        }
        let mut fields = item.shaped(&SHAPE)?;
        let count = fields.required("count", "count: 2").and_then(|item| item.whole(1, MOST));
        let keys = fields.required("keys", "keys: 10k").and_then(|item| item.whole(1, MOST_ROWS));
        let popularity =
            fields.optional("popularity").map_or(Some(Popularity::default()), |item| Popularity::read(&item));
        let lag = fields.optional("lag").and_then(|item| Dist::read_setting(&item));
        let replay = fields.optional("replay").and_then(|item| item.duration());
        fields.finish();
        if lag.is_none() && replay.is_none() {
            item.problem_at_key(
                "replicas that follow at once are never stale",
                "add `lag: 50ms`, or write only their number",
            );
        }
        let keys = Keys { count: keys?, popularity: popularity? };
        let lag = lag.unwrap_or(Dist::Constant(SimDuration::ZERO));
        Some(Replicas { count: count?, follows: Some(Follows { keys, lag, replay: replay.unwrap_or_default() }) })
    }

    /// Lets the replicas of a station follow.
    pub(super) fn declare(&self, wiring: &mut Wiring<'_>, replicas: StationId) -> Option<ReplicationId> {
        let follows = self.follows.as_ref()?;
        let lag = wiring.builder.dist(follows.lag.clone());
        Some(wiring.builder.replication(Replication { replicas, keys: follows.keys, lag, replay: follows.replay }))
    }
}
