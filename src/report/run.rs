//! What one run showed.

use super::{Estimate, FaultInfo, Measure, Place};
use indexmap::IndexMap;

/// What one experiment showed, over all its replications.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// `baseline`, `load 10x`, or the name of the scenario.
    pub name: String,
    /// Multiple of the model's own load.
    pub load: f64,
    /// What went wrong on purpose.
    pub faults: Vec<FaultInfo>,
    /// Simulated time before measuring, per replication.
    pub warmup_s: f64,
    /// Simulated time measured, per replication.
    pub duration_s: f64,
    /// Events simulated, over all replications.
    pub events: u64,
    /// Requests offered by all traffic, over all replications.
    pub requests: u64,
    /// Why a replication was stopped before its time, if one was: `200000 requests in progress`.
    pub stopped: Option<String>,
    /// Endpoints of services, as they were served: `web.home`.
    pub endpoints: IndexMap<String, Tally>,
    /// Traffic, as its users saw it: `shoppers`.
    pub traffic: IndexMap<String, Traffic>,
    /// What can be busy: `orders-db.connections`.
    pub resources: IndexMap<String, Resource>,
    /// Connections: `orders>payments`.
    pub dependencies: IndexMap<String, Dependency>,
    /// Queues of messages: `order-events`.
    pub queues: IndexMap<String, Queue>,
    /// Caches with keys: `catalog-cache`.
    pub caches: IndexMap<String, Cache>,
    /// Services whose replicas come and go: `web`.
    pub replicas: IndexMap<String, Replicas>,
    /// Rows that can be locked: `orders-db.stock`.
    pub locks: IndexMap<String, Locks>,
    /// Replicas that follow their primary: `orders-db.read`.
    pub replication: IndexMap<String, Replication>,
    /// The SLOs (or a scenario's expectations), each judged.
    pub slos: Vec<SloResult>,
    /// With faults: before, during and after them. Else empty.
    pub phases: Vec<Phase>,
    /// What each alert said, in a plain experiment.
    pub alerts: Vec<Heard>,
    /// How long it took to simulate, where that is to be told: it differs each time, and on every machine.
    pub seconds: Option<f64>,
}

/// What an alert said.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// Its name.
    pub name: String,
    /// Its condition.
    pub text: String,
    /// How often it paged, over all replications.
    pub pages: usize,
    /// In so many replications (for the first fault, where there is one).
    pub runs: u32,
    /// Of so many.
    pub of: u32,
    /// How long after the beginning of the first fault; without one, of the measured part.
    pub after_s: Option<Estimate>,
}

/// What became of requests. Those offered = succeeded + degraded + failed + in flight at the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Requests that came.
    pub offered: u64,
    /// Answered in full.
    pub succeeded: u64,
    /// Answered with a substitute.
    pub degraded: u64,
    /// Not answered.
    pub failed: u64,
    /// Without an outcome when the run ended.
    pub in_flight: u64,
    /// Failures by cause: `timeout` → 50.
    pub failures: IndexMap<String, u64>,
    /// Offered, per second.
    pub rate_per_s: f64,
    /// Succeeded or degraded, per second.
    pub goodput_per_s: f64,
    /// Succeeded or degraded, of those offered. `None` when none was offered.
    pub success_rate: Option<Estimate>,
    /// Mean time to an answer, over successes; `None` when there was none. So for the next three.
    pub mean_ms: Option<Estimate>,
    /// Median.
    pub p50_ms: Option<Estimate>,
    /// 95% were at least as fast.
    pub p95_ms: Option<Estimate>,
    /// 99% were at least as fast.
    pub p99_ms: Option<Estimate>,
}

/// One source of traffic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// All its requests.
    pub total: Tally,
    /// Those whose time came while no user was free.
    pub late: u64,
    /// By what they asked for: `web.home`.
    pub endpoints: IndexMap<String, Tally>,
}

/// Something that can be busy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resource {
    /// `workers`, `connections`, `cpu`, `pool`.
    pub kind: String,
    /// How much there is, all replicas together.
    pub capacity: f64,
    /// Share in use, mean over time.
    pub utilization: f64,
    /// By arithmetic on the model: the share that would be in use if nothing failed or waited; above 1 when the load asks
    /// for more than there is. `None` when it cannot be told so.
    pub static_utilization: Option<f64>,
    /// Waiting for it, mean over time.
    pub queue_mean: f64,
    /// Mean wait of those that got it.
    pub wait_mean_ms: f64,
    /// Turned away because too many waited.
    pub rejected: u64,
}

/// One connection between a caller and a callee.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dependency {
    /// Calls made.
    pub calls: u64,
    /// Tries, retries included.
    pub attempts: u64,
    /// Second and later tries.
    pub retries: u64,
    /// Tries given up for lack of an answer in time.
    pub timeouts: u64,
    /// Times a circuit breaker opened.
    pub breaker_opened: u64,
    /// Calls refused by the caller's own guard: breaker, bulkhead or pool.
    pub rejected: u64,
    /// Calls that failed for good.
    pub failed: u64,
    /// Executed a second time without an idempotency key.
    pub duplicates: u64,
    /// Time the callee worked on answers nobody waited for.
    pub wasted_work_s: f64,
}

/// What happened at rows that can be locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// Taken, or their version remembered.
    pub taken: u64,
    /// Taken by somebody else when they were wanted.
    pub waits: u64,
    /// Waits that lasted too long.
    pub timeouts: u64,
    /// Waits that would never have ended.
    pub deadlocks: u64,
    /// Changed by somebody else since their version was remembered.
    pub conflicts: u64,
}

/// Replicas that come and go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replicas {
    /// Ready, mean over time.
    pub mean: f64,
    /// The fewest that were ready.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// How often one was left out for its errors.
    pub ejections: u64,
}

/// What was read from replicas that follow their primary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replication {
    /// Reads.
    pub reads: u64,
    /// Reads of a row whose last change had not been applied.
    pub stale: u64,
    /// How far behind they were when they were read, on average.
    pub lag_mean_ms: f64,
    /// The farthest.
    pub lag_max_ms: f64,
    /// Acknowledged writes that a replica which took over did not have.
    pub lost_writes: u64,
}

/// What a cache with keys did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cache {
    /// Look-ups.
    pub looked: u64,
    /// Found, stale ones included.
    pub hits: u64,
    /// Served though they had expired.
    pub stale: u64,
    /// Loaded by the request that missed.
    pub misses: u64,
    /// Missed, and waited for somebody else's load.
    pub coalesced: u64,
    /// Failed at once because a load had failed shortly before.
    pub negative: u64,
    /// Entries that had to go for others.
    pub evicted: u64,
    /// Writes that never reached the store.
    pub lost_writes: u64,
}

/// One queue of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Queue {
    /// Messages put in.
    pub published: u64,
    /// Messages refused since it was full.
    pub rejected: u64,
    /// Deliveries, also repeated ones.
    pub delivered: u64,
    /// Deliveries of a message that had been delivered before.
    pub redelivered: u64,
    /// Handled.
    pub acknowledged: u64,
    /// Moved to the dead letters.
    pub dead_lettered: u64,
    /// Given up.
    pub dropped: u64,
    /// Given up for their age, or because the queue was full.
    pub lost: u64,
    /// Handled to the end more than once.
    pub duplicates: u64,
    /// Publications that had to wait for room.
    pub blocked: u64,
    /// Mean wait for a consumer, of those that were received.
    pub wait_mean_ms: f64,
    /// The longest of these waits.
    pub wait_max_ms: f64,
    /// The most that were there at once.
    pub peak: u64,
    /// Waiting at the end.
    pub backlog: u64,
}

/// One SLO or expectation, judged by one run.
#[derive(Clone, Debug, PartialEq)]
pub struct SloResult {
    /// As it is written: `web.checkout p99 < 800ms`.
    pub text: String,
    /// The endpoint, traffic source, component or edge it is about, if it names one.
    pub subject: Option<String>,
    /// What it limits.
    pub measure: Measure,
    /// What was measured; `None` when nothing was (no success, so no latency; not back in every run, so no time of recovery).
    pub measured: Option<Estimate>,
    /// The judgement.
    pub verdict: SloVerdict,
    /// Where it is written.
    pub place: Option<Place>,
    /// Replications behind the judgement, where it took as many as it needed.
    pub replications: Option<u32>,
    /// What else there is to say: `late in 3 of 40 runs`.
    pub detail: Option<String>,
}

impl Run {
    /// What all its expectations come to: missed when one is, else unclear when one is.
    pub fn verdict(&self) -> SloVerdict {
        let any = |verdict| self.slos.iter().any(|r| r.verdict == verdict);
        match () {
            () if any(SloVerdict::Missed) => SloVerdict::Missed,
            () if any(SloVerdict::Unclear) => SloVerdict::Unclear,
            () => SloVerdict::Met,
        }
    }
}

/// How an SLO came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SloVerdict {
    /// It holds.
    Met,
    /// It does not hold.
    Missed,
    /// The interval spans the limit: more replications would tell.
    Unclear,
}

impl SloVerdict {
    /// As a test runner says it: `passed`.
    pub fn word(self) -> &'static str {
        match self {
            SloVerdict::Met => "passed",
            SloVerdict::Missed => "failed",
            SloVerdict::Unclear => "inconclusive",
        }
    }
}

/// A part of a run with faults.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// `before`, `latency:stripe:+5s`, `after`.
    pub name: String,
    /// When it begins, counted from the start of the measured part.
    pub from_s: f64,
    /// When it ends.
    pub to_s: f64,
    /// By source of traffic.
    pub traffic: IndexMap<String, PhaseTraffic>,
}

/// One source of traffic in one phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhaseTraffic {
    /// Requests that came, per second.
    pub rate_per_s: f64,
    /// Requests answered, per second.
    pub goodput_per_s: f64,
    /// Answered, of those with an outcome in this phase.
    pub success_rate: Option<Estimate>,
    /// Mean time to an answer of those answered.
    pub mean_ms: Option<Estimate>,
}
