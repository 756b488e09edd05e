//! What is drawn: the topology, what the system gives at each load, and the course of the worst failures.

use super::FaultInfo;

/// Everything that pictures need and words do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pictures {
    /// Traffic first, then components, in the order of the model.
    pub nodes: Vec<Node>,
    /// Who calls whom.
    pub wires: Vec<Wire>,
    /// Endpoints that users call; lists below follow this order.
    pub endpoints: Vec<String>,
    /// By load, ascending.
    pub curve: Vec<LoadPoint>,
    /// The worst failures, window by window.
    pub courses: Vec<Course>,
    /// How long answers took, by run that is shown and by endpoint.
    pub latencies: Vec<Latencies>,
    /// Every fault that was tried at the model's own load.
    pub matrix: Vec<Struck>,
}

/// A box of the topology.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// `orders-db`
    pub name: String,
    /// `traffic`, `service`, `database`, …
    pub role: String,
    /// `postgres`, where it is told.
    pub technology: Option<String>,
    /// How much there is: `4 × 100 workers`.
    pub size: Option<String>,
    /// Of what is used most, by run that is shown: the resource and the share of it in use.
    pub busy: Vec<Option<(String, f64)>>,
}

/// An arrow of the topology.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wire {
    /// Who calls; an index of `nodes`.
    pub from: usize,
    /// Whom.
    pub to: usize,
    /// `orders>payments`
    pub name: String,
    /// Calls per second at the model's own load.
    pub rate_per_s: f64,
    /// What guards it: `timeout 2s`.
    pub guards: Vec<String>,
    /// It carries messages out of a queue.
    pub delivers: bool,
    /// Messages that are given up go along it.
    pub dead_letters: bool,
}

/// One load of the load curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadPoint {
    /// Multiple of the model's own.
    pub load: f64,
    /// Requests that came, per second.
    pub rate_per_s: f64,
    /// Requests answered, per second.
    pub goodput_per_s: f64,
    /// Share answered, by endpoint.
    pub success: Vec<f64>,
    /// 99th percentile of the time to an answer, by endpoint.
    pub p99_ms: Vec<Option<f64>>,
    /// Whether all SLOs hold in this run.
    pub holds: bool,
}

/// The course of one failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// What goes wrong.
    pub fault: FaultInfo,
    /// Multiple of the model's own load.
    pub load: f64,
    /// Length of a window.
    pub window_s: f64,
    /// What users saw.
    pub windows: Vec<Window>,
    /// For each window, how each component was: an index into `nodes` less the traffic.
    pub states: Vec<Vec<NodeState>>,
    /// What happened when, in words, from the beginning of the fault: `payments: workers exhausted`.
    pub events: Vec<(f64, String)>,
}

/// One window of a course.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// When it begins, from the start of the measured part.
    pub at_s: f64,
    /// Requests that came, per second.
    pub rate_per_s: f64,
    /// Requests answered, per second.
    pub goodput_per_s: f64,
    /// Requests failed, per second.
    pub failed_per_s: f64,
    /// Median time of the answers; `None` without any.
    pub p50_ms: Option<f64>,
    /// The 99th percentile.
    pub p99_ms: Option<f64>,
    /// The 99th percentile by endpoint.
    pub endpoints_p99_ms: Vec<Option<f64>>,
}

/// What users got over time, as coarsely as a line can show it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered {
    /// Length of a part.
    pub window_s: f64,
    /// Requests answered per second in each part, from the beginning of the measured run; the mean over the replications.
    pub per_s: Vec<f64>,
}

/// How long answers took in one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latencies {
    /// The load of the run, as a multiple of the model's own.
    pub load: f64,
    /// Of which endpoint.
    pub endpoint: String,
    /// Answers that took at most so many seconds, and longer than the step before; over all replications. Steps without
    /// answers are left out.
    pub steps: Vec<(f64, u64)>,
}

/// How a component was in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct NodeState {
    /// Share in use of what it has least of.
    pub busy: Option<f64>,
    /// Waiting, mean.
    pub waiting: f64,
    /// Share that failed.
    pub failed: f64,
    /// `well`, `full`, `failing`, `down`
    pub state: &'static str,
}

/// A row of the failure matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Struck {
    /// The fault.
    pub fault: FaultInfo,
    /// Several runs agree.
    pub confirmed: bool,
    /// Share of the requests of that time that failed or came too late, by endpoint.
    pub lost: Vec<f64>,
    /// By endpoint, whether its requests need what was struck.
    pub needs: Vec<bool>,
}
