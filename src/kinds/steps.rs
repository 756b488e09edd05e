//! The steps of an endpoint, as written.

use super::Target;
use crate::plan::ReplicationId;
use crate::random::{COUNT, Count, Dist, SETTING, TIME, cumulative};
use crate::yaml::{Alias, Field, Item, Shape, Takes, did_you_mean, list};

/// Steps in their order.
pub type Block<'a> = Vec<StepSpec<'a>>;

/// The most branches side by side.
const MOST_BRANCHES: usize = 1_000;

/// One step.
#[derive(Clone, Debug)]
pub enum StepSpec<'a> {
    /// `work: 5ms`: own processing, which takes a worker and competes for the cores. Sampled: a bare duration is the mean
    /// of an exponential.
    Work(Dist),
    /// `sleep: 100ms`: waits without working. A bare duration is constant.
    Sleep(Dist),
    /// `call: payments.charge`: calls and waits for the answer; when it fails for good, so does the request.
    Call(Target<'a>),
    /// `publish: order-events`: puts a message into a queue and waits until the broker has it.
    Publish(Target<'a>),
    /// `parallel: [ { call: a }, [ { work: 1ms }, { call: b } ] ]`: branches side by side, each a step or a list of steps.
    /// With `{ need: any, branches: [ … ] }` it goes on after the first success, with `need: 2` after two. It fails as
    /// soon as too many have failed.
    Parallel {
        /// The branches.
        branches: Vec<Block<'a>>,
        /// How many must succeed.
        need: u32,
    },
    /// `repeat: { times: 9, steps: [ … ] }`: one after the other. `times` is a number, `{ min: 1, max: 3 }` or
    /// `{ mean: 2.5 }`.
    Repeat {
        /// How often.
        times: Count,
        /// What.
        steps: Block<'a>,
    },
    /// `chance: { p: 10%, steps: [ … ], else: [ … ] }`.
    Chance {
        /// Probability of `steps`.
        p: f64,
        /// What is done with it.
        steps: Block<'a>,
        /// What is done otherwise.
        otherwise: Block<'a>,
    },
    /// `choose: [ { p: 60%, steps: [ … ] }, { p: 40%, steps: [ … ] } ]`: one of several; the shares sum to 100%.
    Choose(Vec<(f64, Block<'a>)>),
    /// `cached: { cache: catalog-cache, miss: [ … ] }`: asks the cache; on a miss, or when the cache fails, does the steps
    /// of `miss` and stores the answer if the cache has a `set` time.
    Cached {
        /// The cache.
        cache: Target<'a>,
        /// What it is about: steps of an endpoint that share a name are about the same key.
        key: Option<Target<'a>>,
        /// How the answer is found without it.
        miss: Block<'a>,
    },
    /// `write: { cache: sessions, steps: [ { call: db.save } ] }`: changes what a cache holds a copy of.
    Write {
        /// The cache.
        cache: Target<'a>,
        /// What it is about.
        key: Option<Target<'a>>,
        /// How it is stored for good.
        steps: Block<'a>,
    },
    /// `transaction: { database: db, steps: [ … ] }`: keeps a connection while it does the steps.
    Transaction {
        /// The database.
        database: Target<'a>,
        /// What is done meanwhile.
        steps: Block<'a>,
    },
    /// `lock: { rows: db.stock, steps: [ … ] }`: has a row to itself while it does the steps.
    Lock {
        /// The rows, of which the request is about one.
        rows: Target<'a>,
        /// Only its version is remembered, and compared in the end.
        optimistic: bool,
        /// What is done meanwhile.
        steps: Block<'a>,
    },
    /// Of a query that writes, where replicas follow; not written by users.
    Ship(ReplicationId),
    /// Of a query that reads from replicas that follow; not written by users.
    Peek(ReplicationId),
    /// `error: 1%`: fails with this probability; `- error` always fails.
    Error(f64),
}

/// Steps in their order.
pub static STEPS: Alias =
    Alias { name: "steps", about: "What is done, one step after the other.", takes: Takes::List(&Takes::Alias(&STEP)) };

/// One step.
static STEP: Alias = Alias {
    name: "step_or_error",
    about: "One thing that is done.",
    takes: Takes::Any(&[Takes::Map(&STEP_SHAPE), Takes::Word(&["error"])]),
};

/// The steps.
pub static STEP_SHAPE: Shape = Shape::new(
    "step",
    "One thing that is done: a map with one key.",
    &[
        Field::new("work", Takes::Alias(&TIME), "Own processing; takes a worker, and a share of the cores."),
        Field::new("sleep", Takes::Alias(&SETTING), "Waits without working. A threaded request keeps its worker."),
        Field::new(
            "call",
            Takes::Name,
            "Calls and waits for the answer; if the call fails for good, so does the request.",
        ),
        Field::new(
            "publish",
            Takes::Name,
            "Puts a message into a queue; waits until the broker has it, not for the consumer.",
        ),
        Field::new(
            "parallel",
            Takes::Any(&[Takes::List(&Takes::Alias(&BRANCH)), Takes::Map(&PARALLEL_SHAPE)]),
            "Branches side by side, each a step or a list of steps; waits for all.",
        ),
        Field::new("repeat", Takes::Map(&REPEAT_SHAPE), "Steps several times, one after the other."),
        Field::new("chance", Takes::Map(&CHANCE_SHAPE), "Steps with a probability."),
        Field::new("choose", Takes::List(&Takes::Map(&CASE_SHAPE)), "One of several; the shares sum to 100%."),
        Field::new(
            "cached",
            Takes::Map(&CACHED_SHAPE),
            "Asks the cache; on a miss, or when the cache fails, does `miss`, and stores the answer if the cache has a `set` \
             time.",
        ),
        Field::new(
            "write",
            Takes::Map(&WRITE_SHAPE),
            "Changes what a cache holds a copy of, in the way its field `write` says.",
        ),
        Field::new(
            "transaction",
            Takes::Map(&TRANSACTION_SHAPE),
            "Begins a transaction of a database, keeps its connection through the steps, and commits.",
        ),
        Field::new("lock", Takes::Map(&LOCK_SHAPE), "Has a row to itself while it does the steps."),
        Field::new("error", Takes::Share, "Fails with this probability; `- error` alone always fails."),
    ],
)
.one_of();

static BRANCH: Alias = Alias {
    name: "branch",
    about: "One step, or a list of steps.",
    takes: Takes::Any(&[Takes::Alias(&STEP), Takes::Alias(&STEPS)]),
};

static PARALLEL_SHAPE: Shape = Shape::new(
    "parallel",
    "Branches side by side.",
    &[
        Field::required("branches", Takes::List(&Takes::Alias(&BRANCH)), "Each a step or a list of steps."),
        Field::new(
            "need",
            Takes::Any(&[Takes::Word(&["all", "any"]), Takes::Whole(1, MOST_BRANCHES as u32)]),
            "How many must succeed before the request goes on. It fails as soon as too many have failed; what is under way \
             then is cancelled only where the dependency says `cancellation`. Default `all`.",
        ),
    ],
);

static REPEAT_SHAPE: Shape = Shape::new(
    "repeat",
    "Steps several times, one after the other (N+1).",
    &[
        Field::required("times", Takes::Alias(&COUNT), "How often."),
        Field::required("steps", Takes::Alias(&STEPS), "What."),
    ],
);

static CHANCE_SHAPE: Shape = Shape::new(
    "chance",
    "Steps with a probability.",
    &[
        Field::required("p", Takes::Share, "The probability of `steps`."),
        Field::required("steps", Takes::Alias(&STEPS), "What is done with it."),
        Field::new("else", Takes::Alias(&STEPS), "What is done otherwise. Default: nothing."),
    ],
);

static CASE_SHAPE: Shape = Shape::new(
    "case",
    "One of several alternatives.",
    &[
        Field::required("p", Takes::Share, "Its share."),
        Field::required("steps", Takes::Alias(&STEPS), "What is done then."),
    ],
);

static WRITE_SHAPE: Shape = Shape::new(
    "write",
    "A change of something that a cache holds a copy of.",
    &[
        Field::required("cache", Takes::Name, "The cache; it has `keys`."),
        Field::new("key", Takes::Name, "A name for what is written, as in `cached`. Default: a key of its own."),
        Field::required("steps", Takes::Alias(&STEPS), "How it is stored for good."),
    ],
);

static CACHED_SHAPE: Shape = Shape::new(
    "cached",
    "An answer that a cache may have.",
    &[
        Field::required("cache", Takes::Name, "The cache; it has a `hit_ratio` or `keys`."),
        Field::new(
            "key",
            Takes::Name,
            "A name for what is looked up: steps of one endpoint with the same name are about the same key, where their caches \
             have the same keys. Default: a key of its own.",
        ),
        Field::required("miss", Takes::Alias(&STEPS), "How the answer is found without it."),
    ],
);

static TRANSACTION_SHAPE: Shape = Shape::new(
    "transaction",
    "What is done on one connection, or not at all.",
    &[
        Field::required("database", Takes::Name, "Whose."),
        Field::required(
            "steps",
            Takes::Alias(&STEPS),
            "What is done: its queries to the database run on the connection that is kept, and hold the rows they lock to the \
             end; everything else keeps the connection waiting.",
        ),
    ],
);

static LOCK_SHAPE: Shape = Shape::new(
    "lock",
    "A row that nobody else has meanwhile. In a transaction of its database it is kept to the end of that.",
    &[
        Field::required(
            "rows",
            Takes::Name,
            "Rows of a database, such as `db.stock`; which one is chosen by their popularity.",
        ),
        Field::new(
            "mode",
            Takes::Word(&["pessimistic", "optimistic"]),
            "Waits until the row is free, or only remembers its version and fails in the end if it has changed. Default \
             `pessimistic`.",
        ),
        Field::required("steps", Takes::Alias(&STEPS), "What is done meanwhile."),
    ],
);

/// Other words for `p`.
const P_WORDS: &[(&str, &str)] = &[("probability", "p"), ("weight", "p"), ("share", "p")];

impl<'a> StepSpec<'a> {
    /// Reads a list of steps.
    pub fn read_block(item: &Item<'a>) -> Block<'a> {
        item.items().iter().filter_map(StepSpec::read).collect()
    }

    /// Reads one step: a map with one key, which is its word.
    pub fn read(item: &Item<'a>) -> Option<StepSpec<'a>> {
        if item.is_word("error") {
            return Some(StepSpec::Error(1.0));
        }
        if let Some(text) = item.node.scalar() {
            item.problem(format!("`{text}` is not a step"), format!("to call it, write `call: {text}`"));
            return None;
        }
        let entries = item.entries();
        let [step] = entries.as_slice() else {
            match entries.get(1) {
                Some(second) => {
                    let message = format!("`{}` stands in the same step as `{}`", second.name, entries[0].name);
                    second.problem_at_key(message, "a step is one thing: begin a new one with `-`");
                }
                None if item.is_map() => item.problem("a step is empty", format!("write one of {}", words())),
                None => {}
            }
            return None;
        };
        match step.name.as_str() {
            "work" => Dist::read(step).map(StepSpec::Work),
            "sleep" => Dist::read_setting(step).map(StepSpec::Sleep),
            "call" => Target::read(step).map(StepSpec::Call),
            "publish" => Target::read(step).map(StepSpec::Publish),
            "parallel" => parallel(step),
            "repeat" => repeat(step),
            "chance" => chance(step),
            "choose" => choose(step),
            "cached" => cached(step),
            "write" => write(step),
            "transaction" => transaction(step),
            "lock" => lock(step),
            "error" => step.positive_ratio().map(StepSpec::Error),
            unknown => {
                let hint = match did_you_mean(unknown, step_words()) {
                    Some(near) => format!("did you mean `{near}`? The steps are {}", words()),
                    None => format!("the steps are {}", words()),
                };
                step.problem_at_key(format!("there is no step `{unknown}`"), hint);
                None
            }
        }
    }
}

fn step_words() -> impl Iterator<Item = &'static str> {
    STEP_SHAPE.fields.iter().map(|field| field.name)
}

fn words() -> String {
    list(step_words())
}

fn parallel<'a>(item: &Item<'a>) -> Option<StepSpec<'a>> {
    let (list, need) = if item.is_list() {
        (Some(item.clone()), None)
    } else {
        let mut fields = item.shaped(&PARALLEL_SHAPE)?;
        let branches = fields.required("branches", "branches: [ … ]");
        let need = fields.optional("need");
        fields.finish();
        (branches, need)
    };
    let list = list?;
    let branches: Vec<Block<'a>> = list.items().iter().map(branch).collect();
    let count = branches.len();
    if list.is_list() && !(1..=MOST_BRANCHES).contains(&count) {
        list.problem_at_key(format!("`parallel` has {count} branches"), format!("write from 1 to {MOST_BRANCHES}"));
        return None;
    }
    let need = match need {
        None => count as u32,
        Some(item) if item.is_word("all") => count as u32,
        Some(item) if item.is_word("any") => 1,
        Some(item) if item.node.scalar().is_some_and(|s| s.starts_with(char::is_alphabetic)) => {
            item.problem(format!("`need` cannot be {}", item.node.describe()), "write `all`, `any` or a number");
            return None;
        }
        Some(item) => item.whole(1, count as u32)?,
    };
    Some(StepSpec::Parallel { branches, need })
}

fn branch<'a>(item: &Item<'a>) -> Block<'a> {
    if item.is_list() { StepSpec::read_block(item) } else { StepSpec::read(item).into_iter().collect() }
}

fn repeat<'a>(item: &Item<'a>) -> Option<StepSpec<'a>> {
    let mut fields = item.shaped(&REPEAT_SHAPE)?;
    let times = fields.required("times", "times: 3").and_then(|item| Count::read(&item));
    let steps = fields.required("steps", "steps: [ … ]").map(|item| StepSpec::read_block(&item));
    fields.finish();
    Some(StepSpec::Repeat { times: times?, steps: steps? })
}

fn chance<'a>(item: &Item<'a>) -> Option<StepSpec<'a>> {
    let mut fields = item.shaped(&CHANCE_SHAPE)?;
    let p = fields.required("p", "p: 10%").and_then(|item| item.ratio());
    let steps = fields.required("steps", "steps: [ … ]").map(|item| StepSpec::read_block(&item));
    fields.synonyms(P_WORDS);
    let otherwise = fields.optional("else").map(|item| StepSpec::read_block(&item)).unwrap_or_default();
    fields.finish();
    Some(StepSpec::Chance { p: p?, steps: steps?, otherwise })
}

fn transaction<'a>(item: &Item<'a>) -> Option<StepSpec<'a>> {
    let mut fields = item.shaped(&TRANSACTION_SHAPE)?;
    let database = fields.required("database", "database: db").and_then(|item| Target::read(&item));
    let steps = fields.required("steps", "steps: [ … ]").map(|item| StepSpec::read_block(&item));
    fields.synonyms(&[("db", "database")]);
    fields.finish();
    Some(StepSpec::Transaction { database: database?, steps: steps? })
}

fn lock<'a>(item: &Item<'a>) -> Option<StepSpec<'a>> {
    let mut fields = item.shaped(&LOCK_SHAPE)?;
    let rows = fields.required("rows", "rows: db.stock").and_then(|item| Target::read(&item));
    let mode = fields.optional("mode").and_then(|item| item.word(&[("pessimistic", false), ("optimistic", true)]));
    let steps = fields.required("steps", "steps: [ … ]").map(|item| StepSpec::read_block(&item));
    fields.finish();
    Some(StepSpec::Lock { rows: rows?, optimistic: mode.unwrap_or(false), steps: steps? })
}

fn choose<'a>(item: &Item<'a>) -> Option<StepSpec<'a>> {
    let case = |item: &Item<'a>| {
        let mut fields = item.shaped(&CASE_SHAPE)?;
        let p = fields.required("p", "p: 50%").and_then(|item| item.ratio());
        let steps = fields.required("steps", "steps: [ … ]").map(|item| StepSpec::read_block(&item));
        fields.synonyms(P_WORDS);
        fields.finish();
        Some((p?, steps?))
    };
    let items = item.items();
    let cases: Vec<_> = items.iter().filter_map(case).collect();
    if !item.is_list() || cases.len() < items.len() {
        return None;
    }
    cumulative(item, cases).map(StepSpec::Choose)
}

fn cached<'a>(item: &Item<'a>) -> Option<StepSpec<'a>> {
    let mut fields = item.shaped(&CACHED_SHAPE)?;
    let cache = fields.required("cache", "cache: catalog-cache").and_then(|item| Target::read(&item));
    let miss = fields.required("miss", "miss: [ … ]").map(|item| StepSpec::read_block(&item));
    let key = fields.optional("key").and_then(|item| Target::read(&item));
    fields.finish();
    Some(StepSpec::Cached { cache: cache?, key, miss: miss? })
}

fn write<'a>(item: &Item<'a>) -> Option<StepSpec<'a>> {
    let mut fields = item.shaped(&WRITE_SHAPE)?;
    let cache = fields.required("cache", "cache: sessions").and_then(|item| Target::read(&item));
    let key = fields.optional("key").and_then(|item| Target::read(&item));
    let steps = fields.required("steps", "steps: [ … ]").map(|item| StepSpec::read_block(&item));
    fields.finish();
    Some(StepSpec::Write { cache: cache?, key, steps: steps? })
}
