//! Single requests, each with all it caused.

/// Requests of the first replication of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traced {
    /// The run, by its name.
    pub run: String,
    /// Multiple of the model's own load.
    pub load: f64,
    /// The requests, in the order in which they began.
    pub requests: Vec<Request>,
    /// Seconds of the measured part in which they began.
    pub seconds: f64,
    /// Requests passed over, since so many others were in flight.
    pub passed_over: u64,
    /// Where the time goes of the requests that users make most.
    pub time: Option<WhereTimeGoes>,
}

/// One request of a user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The how manieth of its run, from 0.
    pub number: u64,
    /// What was asked for: `web.show`.
    pub endpoint: String,
    /// What it is an example of.
    pub examples: Vec<Example>,
    /// To its answer, or until its user gave up.
    pub latency_ms: f64,
    /// Why it failed, if it did.
    pub failed: Option<String>,
    /// The request itself, then what it caused; parents stand before their children.
    pub spans: Vec<Span>,
    /// There were more spans than are kept.
    pub cut: bool,
}

/// What a request is an example of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Example {
    /// The slowest of those answered.
    Slowest,
    /// Those that failed.
    Failed,
    /// Those answered in about the median time.
    Typical,
}

impl Example {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Example::Slowest => "slowest",
            Example::Failed => "failed",
            Example::Typical => "typical",
        }
    }
}

/// A part of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// What it is part of, by position; `None` of the first.
    pub parent: Option<usize>,
    /// Whose side it is told from.
    pub side: Side,
    /// Who does it: `web`, of users the name of their traffic.
    pub service: String,
    /// What is asked: `db.page`.
    pub name: String,
    /// Who is called, where it is a try.
    pub peer: Option<String>,
    /// From the beginning of the measured part, in nanoseconds.
    pub start_ns: u64,
    /// The same.
    pub end_ns: u64,
    /// Time in line: of a try for a permit or a connection; of what is served, for a worker.
    pub waited_ms: f64,
    /// Time for which it worked itself, where it is served: without sharing its cores; several branches at once count each.
    pub worked_ms: f64,
    /// Of a message's delivery: time since it was published.
    pub queued_ms: Option<f64>,
    /// 0 for a first try, 1 for the first retry.
    pub retry: u32,
    /// Why it failed, if it did: `timeout`.
    pub failed: Option<String>,
    /// Its answer was a substitute.
    pub degraded: bool,
    /// It had not ended when the run did.
    pub unfinished: bool,
    /// It went on when something that it was part of was over: nobody waited for it any more.
    pub outlives: bool,
}

impl Span {
    /// How long it was, in milliseconds.
    pub fn ms(&self) -> f64 {
        self.end_ns.saturating_sub(self.start_ns) as f64 / 1e6
    }
}

/// Whose side a span is told from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// The user's request, all tries and the waits between them included.
    #[default]
    User,
    /// A try, by its caller.
    Caller,
    /// The one who serves.
    Server,
    /// A try to hand a message to a queue, by its publisher.
    Publisher,
    /// A try to have a message handled, by its queue.
    Queue,
    /// The one who handles a message.
    Consumer,
}

/// Where the time of one endpoint's requests goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhereTimeGoes {
    /// `web.show`
    pub endpoint: String,
    /// Requests near the median, and near the 99th percentile.
    pub requests: [usize; 2],
    /// Their mean time to an answer.
    pub latency_ms: [f64; 2],
    /// Components and the network, the most time first; what each row says adds up to the latency.
    pub rows: Vec<TimeAt>,
}

/// The time at one place: near the median, and near the 99th percentile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeAt {
    /// `orders-db`, or `network`.
    pub place: String,
    /// Working.
    pub working_ms: [f64; 2],
    /// Waiting; of the network all of it.
    pub waiting_ms: [f64; 2],
}
