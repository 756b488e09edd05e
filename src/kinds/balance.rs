//! How a replica is chosen, as written.

use super::MOST;
use crate::plan::Balance;
use crate::random::{Keys, Popularity};
use crate::yaml::{Field, Item, Shape, Takes};

/// `balance: { sticky: { sessions: 5k } }`
pub(super) static SHAPE: Shape = Shape::new(
    "balance",
    "The request says which replica it goes to.",
    &[
        Field::new(
            "consistent_hash",
            Takes::Map(&HASH),
            "By a key of the request: each key has its replica, and when one dies only its own keys go elsewhere (ring hash, \
             Maglev, rendezvous).",
        ),
        Field::new(
            "sticky",
            Takes::Map(&STICKY),
            "A session stays with its replica as long as that one lives, and then gets another.",
        ),
    ],
)
.one_of();

static HASH: Shape = Shape::new(
    "consistent_hash",
    "Keys of requests.",
    &[
        Field::required("keys", Takes::Whole(1, MOST), "How many different ones there are."),
        Field::new(
            "popularity",
            Takes::Popularity,
            "How requests spread over them: the replica of a popular key has more to do. Default `uniform`.",
        ),
    ],
);

static STICKY: Shape = Shape::new(
    "sticky",
    "Sessions of users, all equally active.",
    &[Field::required("sessions", Takes::Whole(1, MOST), "How many there are at a time: few are spread unevenly.")],
);

const BALANCES: &[(&str, Balance)] = &[
    ("round_robin", Balance::RoundRobin),
    ("random", Balance::Random),
    ("least_request", Balance::LeastRequest),
    ("two_choices", Balance::TwoChoices),
];

pub(super) fn read(item: &Item<'_>) -> Option<Balance> {
    if !item.is_map() {
        return item.word(BALANCES);
    }
    let mut fields = item.shaped(&SHAPE)?;
    let (hash, sticky) = (fields.optional("consistent_hash"), fields.optional("sticky"));
    fields.finish();
    match (hash, sticky) {
        (Some(hash), None) => {
            let mut fields = hash.shaped(&HASH)?;
            let count = fields.required("keys", "keys: 10k").and_then(|item| item.whole(1, MOST));
            let popularity = fields.optional("popularity");
            fields.finish();
            let popularity = popularity.map_or(Some(Popularity::default()), |item| Popularity::read(&item));
            Some(Balance::Hash(Keys { count: count?, popularity: popularity? }))
        }
        (None, Some(sticky)) => {
            let mut fields = sticky.shaped(&STICKY)?;
            let count = fields.required("sessions", "sessions: 5k").and_then(|item| item.whole(1, MOST));
            fields.finish();
            Some(Balance::Hash(Keys { count: count?, popularity: Popularity::Uniform }))
        }
        _ => {
            item.problem_at_key("`balance` is one thing", "write `consistent_hash` or `sticky`");
            None
        }
    }
}
