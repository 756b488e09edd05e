//! What a cache holds, as written: a share of look-ups that hit, or keys that come and go.

use super::super::declared::DECLARED_SHAPE;
use super::super::{MOST, service::UNLIMITED_WORD};
use crate::plan::{Contents, Eviction, Flight, Spread, Store, UNLIMITED, Writes};
use crate::random::{Dist, Keys, Popularity, TIME};
use crate::units::SimDuration;
use crate::yaml::{Field, Fields, Item, Place, Shape, Takes};

/// The most keys, over all nodes that hold copies of their own: each takes four bytes at least.
const MOST_KEYS: u32 = 20_000_000;

/// A cache.
pub static CACHE_SHAPE: Shape = Shape::new(
    "cache",
    "A cache, asked by `cached` steps, or called for a plain look-up. What it holds is stated by its `hit_ratio`, or \
     simulated from its `keys`.",
    &[
        Field::new("engine", Takes::Text, "Such as `redis` or `memcached`; only words the advice."),
        Field::new(
            "get",
            Takes::Alias(&TIME),
            "How long a look-up takes, the network included. Default a constant 0.5 ms, a Redis point query with its network \
             (published measurements).",
        ),
        Field::new(
            "set",
            Takes::Alias(&TIME),
            "How long storing takes: a missed answer is stored before the request goes on. Default: no time.",
        ),
        Field::new(
            "connections",
            Takes::Whole(1, MOST),
            "Look-ups per replica at once; further ones wait. Default 10k, Redis's `maxclients`.",
        ),
        Field::new(
            "replicas",
            Takes::Whole(1, MOST),
            "Nodes. Keys are spread over them; while a node is down its keys miss, and it comes back empty. Default 1.",
        ),
        Field::new("hit_ratio", Takes::Share, "Share of look-ups that hit, whatever happens. Instead of `keys`."),
        Field::new(
            "keys",
            Takes::Whole(1, MOST_KEYS),
            "How many different things are looked up. Instead of `hit_ratio`.",
        ),
        Field::new(
            "popularity",
            Takes::Popularity,
            "How look-ups spread over the keys: `uniform`, or `zipf(s)`: in proportion to rank^-s. Default `uniform`.",
        ),
        Field::new(
            "capacity",
            Takes::Any(&[Takes::Whole(1, MOST_KEYS), UNLIMITED_WORD]),
            "Entries, over all nodes. Default `unlimited`.",
        ),
        Field::new(
            "eviction",
            Takes::Word(&["lru", "lfu"]),
            "Who goes when it is full: what was used longest ago, or what was asked for least often since the beginning (a \
             rarer key is not let in). Default `lru`.",
        ),
        Field::new("ttl", Takes::Duration, "How long an entry lives. Default: for ever."),
        Field::new("ttl_jitter", Takes::Share, "Lifetimes are spread by this share to each side. Default 0%."),
        Field::new(
            "stale_while_revalidate",
            Takes::Duration,
            "An entry that has expired is still served for so long, while one request in the background loads it anew. \
             Default 0 s.",
        ),
        Field::new(
            "early_expiration",
            Takes::Number,
            "Beta of XFetch: a look-up loads an entry before its time with probability exp(-time left / (beta · time of a \
             load)). 1 is usual. Default: never.",
        ),
        Field::new(
            "negative_ttl",
            Takes::Duration,
            "A load that failed is remembered for so long; look-ups of its key fail at once. Default: not at all.",
        ),
        Field::new(
            "single_flight",
            Takes::Boolean,
            "One request loads a key that is missing; the others wait for it, and fail with it. Default `false`.",
        ),
        Field::new(
            "lease",
            Takes::Duration,
            "As single flight, but nobody fails with it: the right to load a key is given once in this time, and meanwhile \
             others take the expired entry if there is one, or wait (memcached at Facebook: 10 s). Default: none.",
        ),
        Field::new(
            "start",
            Takes::Word(&["cold", "warm"]),
            "`cold`: empty; `warm`: full of the most popular keys, of any age. The warm-up of a run fills a cold one as far as \
             it goes. Default `cold`.",
        ),
        Field::new(
            "spread",
            Takes::Word(&["by_key", "any"]),
            "Which node is asked: the one the key belongs to, or any; then each has contents of its own, as the edges of a CDN \
             have. Default `by_key`.",
        ),
        Field::new(
            "shield",
            Takes::Map(&SHIELD),
            "A tier between this one and the origin, with single flight (a CDN's origin shield). Default: none.",
        ),
        Field::new(
            "write",
            Takes::Any(&[Takes::Word(&["invalidate", "through"]), Takes::Map(&BEHIND)]),
            "What a `write` step does: `invalidate` stores and drops the entry, `through` stores and then puts it into the \
             cache, `{ behind: … }` puts it into the cache and stores later. Default `invalidate`.",
        ),
        Field::new(
            "on_failure",
            Takes::Word(&["miss", "error"]),
            "What a `cached` step does when the look-up fails: as if it had missed, or fail. Default `miss`.",
        ),
    ],
)
.with(&[&DECLARED_SHAPE]);

static SHIELD: Shape = Shape::new(
    "shield",
    "A second tier that all nodes share.",
    &[
        Field::required("get", Takes::Alias(&TIME), "How long a look-up takes, from the node that missed."),
        Field::new(
            "capacity",
            Takes::Any(&[Takes::Whole(1, MOST_KEYS), UNLIMITED_WORD]),
            "Entries. Default `unlimited`.",
        ),
        Field::new("ttl", Takes::Duration, "How long an entry lives. Default: for ever."),
    ],
);

static BEHIND: Shape = Shape::new(
    "write_behind",
    "Writes that are stored later; those that wait are lost with the cache.",
    &[Field::required("behind", Takes::Map(&BUFFER), "How many may wait, and how fast they are stored.")],
);

static BUFFER: Shape = Shape::new(
    "buffer",
    "Writes on their way to the store.",
    &[
        Field::new(
            "buffer",
            Takes::Whole(0, MOST),
            "Writes that may wait; a further one is stored at once. Default 1000.",
        ),
        Field::new("flushers", Takes::Whole(1, MOST), "Writes being stored at once. Default 1."),
    ],
);

/// A second tier.
#[derive(Clone, Debug)]
pub(super) struct Shield {
    pub get: Dist,
    pub capacity: u32,
    pub ttl: Option<SimDuration>,
}

/// Fields that need keys.
const OF_KEYS: [&str; 11] = [
    "popularity",
    "capacity",
    "eviction",
    "ttl",
    "ttl_jitter",
    "stale_while_revalidate",
    "early_expiration",
    "negative_ttl",
    "single_flight",
    "lease",
    "spread",
];

pub(super) fn read(fields: &mut Fields<'_>, nodes: u32) -> Option<(Contents, Place)> {
    fields.exclusive("hit_ratio", "keys", "state the share of look-ups that hit, or let it follow from the keys");
    let stated = fields.optional("hit_ratio").and_then(|item| Some((Contents::Stated(item.ratio()?), item.place)));
    let Some(keys) = fields.optional("keys") else {
        for name in OF_KEYS.into_iter().chain(["start"]) {
            if let Some(item) = fields.optional(name) {
                let hint = "add for instance `keys: 100k`, or remove it";
                item.problem_at_key(format!("`{name}` has no effect without `keys`"), hint);
            }
        }
        return stated;
    };
    let place = keys.place;
    let count = keys.whole(1, MOST_KEYS);
    let popularity = fields.optional("popularity").map_or(Some(Popularity::default()), |item| Popularity::read(&item));
    let store =
        read_store(fields, Keys { count: count.unwrap_or(1), popularity: popularity.unwrap_or_default() }, nodes);
    (count.is_some() && popularity.is_some()).then_some((Contents::Simulated(store), place))
}

fn read_store(fields: &mut Fields<'_>, keys: Keys, nodes: u32) -> Store {
    let capacity = fields.optional("capacity");
    let limit = capacity.as_ref().and_then(|item| item.whole_or_unlimited(1, MOST_KEYS)).unwrap_or(UNLIMITED);
    if let Some(item) = capacity.filter(|_| limit < nodes) {
        item.problem(format!("{nodes} nodes have no room for an entry each"), "write a larger capacity");
    }
    let eviction = fields.optional("eviction");
    if let Some(item) = eviction.as_ref().filter(|_| limit >= keys.count) {
        item.problem_at_key("`eviction` has no effect where every key has room", "write a `capacity` below `keys`");
    }
    let eviction = eviction.and_then(|item| item.word(&[("lru", Eviction::Lru), ("lfu", Eviction::Lfu)]));
    let ttl = fields.optional("ttl").and_then(|item| item.positive_duration());
    for name in ["ttl_jitter", "stale_while_revalidate", "early_expiration"] {
        if let Some(item) = fields.optional(name).filter(|_| ttl.is_none() && !fields.has("ttl")) {
            item.problem_at_key(format!("`{name}` has no effect where nothing expires"), "add a `ttl`, or remove it");
        }
    }
    let spread = fields.optional("spread");
    let spread =
        spread.and_then(|item| item.word(&[("by_key", Spread::ByKey), ("any", Spread::Any)])).unwrap_or_default();
    if spread == Spread::Any && u64::from(keys.count) * u64::from(nodes) > u64::from(MOST_KEYS) {
        fields.problem_at_key("too many keys on too many nodes", "at most 20M in all: write fewer of one or the other");
    }
    let early = fields.optional("early_expiration").and_then(|item| beta(&item));
    let start = fields.optional("start").and_then(|item| item.word(&[("cold", false), ("warm", true)]));
    Store {
        keys,
        capacity: limit,
        nodes,
        spread,
        eviction: eviction.unwrap_or_default(),
        ttl,
        jitter: fields.optional("ttl_jitter").and_then(|item| item.positive_ratio()).unwrap_or(0.0),
        stale: fields.optional("stale_while_revalidate").and_then(|i| i.positive_duration()).unwrap_or_default(),
        early,
        negative: fields.optional("negative_ttl").and_then(|item| item.positive_duration()),
        flight: flight(fields),
        warm: start.unwrap_or(false),
    }
}

fn flight(fields: &mut Fields<'_>) -> Flight {
    fields.exclusive("single_flight", "lease", "a lease is single flight that lasts: write one of them");
    if let Some(time) = fields.optional("lease").and_then(|item| item.positive_duration()) {
        return Flight::Lease(time);
    }
    match fields.optional("single_flight").and_then(|item| item.boolean()) {
        Some(true) => Flight::Single,
        _ => Flight::Everybody,
    }
}

fn beta(item: &Item<'_>) -> Option<f64> {
    let beta = item.number()?;
    if !(beta > 0.0 && beta <= 1_000.0) {
        item.problem("`early_expiration` is above 0 and at most 1000", "write for instance `1`");
        return None;
    }
    Some(beta)
}

pub(super) fn read_write(fields: &mut Fields<'_>, simulated: bool) -> Writes {
    let Some(item) = fields.optional("write") else { return Writes::default() };
    if !simulated {
        item.problem_at_key("`write` has no effect without `keys`", "add for instance `keys: 100k`, or remove it");
    }
    if !item.is_map() {
        let words = [("invalidate", Writes::Invalidate), ("through", Writes::Through)];
        return item.word(&words).unwrap_or_default();
    }
    let Some(mut outer) = item.shaped(&BEHIND) else { return Writes::default() };
    let behind = outer.required("behind", "behind: { buffer: 1000 }");
    outer.finish();
    let Some(mut fields) = behind.and_then(|item| item.shaped(&BUFFER)) else { return Writes::default() };
    let buffer = fields.optional("buffer").and_then(|item| item.whole(0, MOST)).unwrap_or(1_000);
    let flushers = fields.optional("flushers").and_then(|item| item.whole(1, MOST)).unwrap_or(1);
    fields.finish();
    Writes::Behind { buffer, flushers }
}

pub(super) fn read_shield(item: &Item<'_>) -> Option<Shield> {
    let mut fields = item.shaped(&SHIELD)?;
    let get = fields.required("get", "get: 20ms").and_then(|item| Dist::read(&item));
    let capacity = fields.optional("capacity").and_then(|item| item.whole_or_unlimited(1, MOST_KEYS));
    let ttl = fields.optional("ttl").and_then(|item| item.positive_duration());
    fields.finish();
    Some(Shield { get: get?, capacity: capacity.unwrap_or(UNLIMITED), ttl })
}
