//! Expectations: `web.checkout success >= 99.9%`, `web.checkout p99 < 800ms during fault`, `recovers within 30s`.

use super::window::{self, Window};
use crate::faults::Fault;
use crate::kinds::origin;
use crate::plan::{ComponentId, EdgeId, EndpointId, Origin, Plan, SourceId, Watch};
use crate::units::{self, Quantity, SimDuration};
use crate::yaml::{Item, did_you_mean, list};

/// Something that should hold.
///
/// It is written as *subject metric comparison limit*. The subject is an endpoint (`web.checkout`), a component (`web`), a
/// source (`shoppers`), a connection (`orders>payments`), or nothing: all traffic. The metrics are
///
/// - `success`: share of requests answered, degraded answers included: `>= 99.9%`
/// - `mean`, `p50`, `p95`, `p99`, `p99.9`: latency of answers: `< 800ms`
/// - `goodput`, `rate`: answered and offered requests: `>= 100/s`
/// - `utilization`: of a component's busiest resource, or of a connection's pool: `<= 80%`
/// - `queue`: mean number waiting at a component or for a pool: `< 10`
/// - `age`: of the oldest message of a queue, at its worst: `< 60s`
/// - `retries`: per call: `<= 20%`
/// - `duplicates`: calls executed twice without an idempotency key, per call: `<= 0.1%`
///
/// The comparisons are `<`, `<=`, `>=` and `>`. In a scenario a part of the run may be named after the limit: `before fault`,
/// `during fault`, `after fault`, or `60s..120s`. There, too, `recovers within 30s` says that goodput is back so soon after
/// the last fault has ended, `metastable <= 5%` in how many of all runs it may stay down, `capacity >= 4x` up to which load
/// the SLOs hold, and `no P0` or `no missing-timeout on web>api` what a review must not find.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// As written.
    pub text: String,
    /// What it says.
    pub what: What,
    /// Where it is written.
    pub origin: Origin,
}

/// What an expectation says.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A figure keeps a limit.
    Compare {
        /// Whose figure; `None` for all traffic.
        subject: Option<Subject>,
        /// Which figure.
        metric: Metric,
        /// How it compares.
        op: Op,
        /// The limit in seconds, as a share, a number, or per second.
        limit: f64,
        /// In which part of the run.
        window: Window,
    },
    /// Goodput is back so soon after the last fault has ended.
    RecoversWithin(SimDuration),
    /// The share of runs in which goodput is not back when they end.
    Metastable {
        /// How it compares.
        op: Op,
        /// The limit, as a share.
        limit: f64,
    },
    /// The highest load at which the SLOs hold, as a multiple of the model's own.
    Capacity {
        /// How it compares.
        op: Op,
        /// The limit.
        limit: f64,
    },
    /// A review at the scenario's load finds none of these.
    No {
        /// `P0`, or the code of a finding.
        what: String,
        /// On what; anything when it is not said.
        on: Option<String>,
    },
}

/// Whose figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An endpoint: as its users see it when traffic calls it, else as it serves.
    Endpoint(EndpointId),
    /// A source of traffic.
    Source(SourceId),
    /// A component, with all its endpoints.
    Component(ComponentId),
    /// A connection.
    Edge(EdgeId),
}

/// Which figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// Share of requests answered.
    Success,
    /// Answered requests per second.
    Goodput,
    /// Offered requests per second.
    Rate,
    /// Mean latency.
    Mean,
    /// A percentile of latency, as a share: 0.99.
    Percentile(f64),
    /// Of the busiest resource.
    Utilization,
    /// Mean number waiting.
    Queue,
    /// How long the oldest message of a queue has been there; the most there was.
    Age,
    /// Retries per call.
    Retries,
    /// Second executions per call.
    Duplicates,
}

impl Metric {
    /// As expectations write it: `p99`.
    pub fn word(self) -> String {
        match self {
            // 0.999 * 100 is not 99.9 in binary.
            Metric::Percentile(q) => format!("p{}", (q * 1e8).round() / 1e6),
            other => METRICS.iter().find(|(_, metric)| *metric == other).map_or("", |(word, _)| word).into(),
        }
    }
}

/// How a figure compares with its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

const OPS: &[(&str, Op)] = &[("<", Op::Less), ("<=", Op::AtMost), (">=", Op::AtLeast), (">", Op::More)];

/// Words of metrics, beside the percentiles.
const METRICS: &[(&str, Metric)] = &[
    ("success", Metric::Success),
    ("goodput", Metric::Goodput),
    ("rate", Metric::Rate),
    ("mean", Metric::Mean),
    ("utilization", Metric::Utilization),
    ("queue", Metric::Queue),
    ("age", Metric::Age),
    ("retries", Metric::Retries),
    ("duplicates", Metric::Duplicates),
];

const EXAMPLE: &str =
    "write for instance `web.checkout success >= 99.9%`, `web.checkout p99 < 800ms` or `recovers within 30s`";

/// Something is wrong with an expectation: message and hint.
pub(super) type Wrong = (String, String);

/// Reads the objectives of a model: they hold at all times, so that no part of a run can be named.
pub(super) fn read_objectives(item: &Item<'_>, plan: &Plan) -> Vec<Expectation> {
    let all = item.items();
    let read = all.iter().filter_map(|item| Some((item, read(item, plan)?)));
    read.filter_map(|(item, expectation)| {
        let lasting = match &expectation.what {
            What::Compare { window, .. } => *window == Window::Whole,
            What::RecoversWithin(_) => true,
            What::Metastable { .. } | What::Capacity { .. } | What::No { .. } => false,
        };
        if !lasting {
            item.problem("this is no objective for all times", "write it under `expect` of a scenario");
        }
        lasting.then_some(expectation)
    })
    .collect()
}

/// Reads what a scenario with these faults expects.
pub(super) fn read_all(item: &Item<'_>, plan: &Plan, faults: &[Fault]) -> Vec<Expectation> {
    let all = item.items();
    let read = all.iter().filter_map(|item| Some((item, read(item, plan)?)));
    read.filter_map(|(item, expectation)| match needs(&expectation, faults) {
        Ok(()) => Some(expectation),
        Err((message, hint)) => {
            item.problem(message, hint);
            None
        }
    })
    .collect()
}

/// Whether the faults are there that an expectation speaks of.
fn needs(expectation: &Expectation, faults: &[Fault]) -> Result<(), Wrong> {
    match expectation.what {
        What::Compare { window, .. } => window.fits(faults),
        What::Metastable { .. } | What::RecoversWithin(_) if faults.is_empty() => {
            let first = expectation.text.split(' ').next().unwrap_or_default();
            Err((format!("`{first}` needs a fault, and the scenario has no faults"), "give it `faults`".into()))
        }
        What::Metastable { .. } => Window::AfterFault.fits(faults),
        _ => Ok(()),
    }
}

fn read(item: &Item<'_>, plan: &Plan) -> Option<Expectation> {
    let Some(text) = item.node.scalar() else {
        item.problem(format!("an expectation is text, but this is {}", item.node.describe()), EXAMPLE);
        return None;
    };
    match parse(text, plan) {
        Ok(what) => Some(Expectation { text: text.trim().into(), what, origin: origin(item) }),
        Err((message, hint)) => {
            item.problem(message, hint);
            None
        }
    }
}

impl Expectation {
    /// Reads an expectation that stands in no file.
    ///
    /// # Errors
    /// Says what is wrong and what to write.
    pub fn parse(text: &str, plan: &Plan) -> Result<Expectation, String> {
        let what = parse(text, plan).map_err(|(message, hint)| format!("{message}; {hint}"))?;
        Ok(Expectation { text: text.trim().into(), what, origin: Origin::default() })
    }

    /// What must be noted in a run for it, beside what is counted anyway.
    pub(super) fn watch(&self, plan: &Plan) -> Option<Watch> {
        match self.what {
            What::Compare { subject: Some(Subject::Component(c)), metric: Metric::Age, .. } => Watch::oldest(plan, c),
            _ => None,
        }
    }
}

pub(super) fn parse(text: &str, plan: &Plan) -> Result<What, Wrong> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["recovers", "within", time @ ..] => {
            return Ok(What::RecoversWithin(units::parse_duration(&time.concat()).map_err(of_unit)?));
        }
        ["recovers", ..] => {
            return Err((format!("`{text}` does not say how soon"), "write for instance `recovers within 30s`".into()));
        }
        ["no", what, rest @ ..] => return parse_no(text, what, rest),
        _ => {}
    }
    let Some((at, op)) = words.iter().enumerate().find_map(|(i, w)| Some((i, op(w)?))) else {
        return Err((format!("`{text}` compares nothing"), EXAMPLE.into()));
    };
    match &words[..at] {
        ["metastable"] => {
            return Ok(What::Metastable { op, limit: units::parse_ratio(&words[at + 1..].concat()).map_err(of_unit)? });
        }
        ["capacity"] => return parse_capacity(op, &words[at + 1..].concat()),
        _ => {}
    }
    let (subject, metric) = match &words[..at] {
        [metric] => (None, *metric),
        [subject, metric] => (Some(*subject), *metric),
        _ => return Err((format!("`{text}` is not of the form *subject metric comparison limit*"), EXAMPLE.into())),
    };
    let metric_word = metric;
    let metric = parse_metric(metric, subject, plan)?;
    let (limit, window) = window::split(&words[at + 1..])?;
    let limit = parse_limit(metric, &limit.concat())?;
    let subject = subject.map(|name| parse_subject(name, metric, metric_word, plan)).transpose()?;
    if metric == Metric::Age && !subject.is_some_and(|s| is_queue(s, plan)) {
        return Err(("`age` is something a queue has".into(), "name a queue, as in `order-events age`".into()));
    }
    if subject.is_none() && matches!(metric, Metric::Utilization | Metric::Queue) {
        return Err((
            format!("`{metric_word}` of what?"),
            format!("write a component before it, such as `web {metric_word} < …`"),
        ));
    }
    Ok(What::Compare { subject, metric, op, limit, window })
}

fn is_queue(subject: Subject, plan: &Plan) -> bool {
    matches!(subject, Subject::Component(c) if Watch::oldest(plan, c).is_some())
}

/// `no P0`, `no missing-timeout on web>api`. Which codes there are is known where findings are.
fn parse_no(text: &str, what: &str, rest: &[&str]) -> Result<What, Wrong> {
    let on = match rest {
        [] => None,
        ["on", subject @ ..] if !subject.is_empty() => Some(subject.join(" ")),
        _ => {
            return Err((format!("`{text}` says too much"), "write `no P0` or `no missing-timeout on web>api`".into()));
        }
    };
    Ok(What::No { what: what.into(), on })
}

fn parse_capacity(op: Op, limit: &str) -> Result<What, Wrong> {
    match Quantity::parse(limit).map_err(of_unit)? {
        Quantity::Factor(limit) => Ok(What::Capacity { op, limit }),
        Quantity::Rate(_) => {
            Err((format!("a capacity is a multiple of the load, not `{limit}`"), "write for instance `4x`".into()))
        }
    }
}

pub(super) fn op(word: &str) -> Option<Op> {
    OPS.iter().find(|(text, _)| *text == word).map(|(_, op)| *op)
}

fn parse_metric(word: &str, subject: Option<&str>, plan: &Plan) -> Result<Metric, Wrong> {
    if let Some((_, metric)) = METRICS.iter().find(|(text, _)| *text == word) {
        return Ok(*metric);
    }
    if let Some(percent) = word.strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok()) {
        if percent > 0.0 && percent < 100.0 {
            return Ok(Metric::Percentile(percent / 100.0));
        }
        return Err((format!("`{word}` is no percentile"), "write one between p0 and p100, such as `p99`".into()));
    }
    let words = || METRICS.iter().map(|(text, _)| *text).chain(["p50", "p95", "p99"]);
    if subject.is_none() && (plan.component(word).is_some() || plan.endpoint(word).is_some()) {
        return Err((format!("which figure of `{word}`?"), format!("write one of {} after it", list(words()))));
    }
    let hint = match did_you_mean(word, words()) {
        Some(near) => format!("did you mean `{near}`? The metrics are {}", list(words())),
        None => format!("the metrics are {}", list(words())),
    };
    Err((format!("there is no metric `{word}`"), hint))
}

fn parse_limit(metric: Metric, text: &str) -> Result<f64, Wrong> {
    match metric {
        Metric::Success | Metric::Utilization | Metric::Retries | Metric::Duplicates => {
            units::parse_ratio(text).map_err(of_unit)
        }
        Metric::Goodput | Metric::Rate => units::parse_rate(text).map_err(of_unit),
        Metric::Mean | Metric::Percentile(_) | Metric::Age => {
            units::parse_duration(text).map(SimDuration::seconds).map_err(of_unit)
        }
        Metric::Queue => units::parse_count(text).map_err(of_unit),
    }
}

pub(super) fn of_unit(error: units::UnitError) -> Wrong {
    (error.message, error.hint.unwrap_or_else(|| EXAMPLE.into()))
}

pub(super) fn parse_subject(name: &str, metric: Metric, word: &str, plan: &Plan) -> Result<Subject, Wrong> {
    let resource = matches!(metric, Metric::Utilization | Metric::Queue);
    let of_calls = matches!(metric, Metric::Retries | Metric::Duplicates);
    if let Some(edge) = plan.edge(name) {
        return match metric {
            Metric::Mean | Metric::Percentile(_) | Metric::Goodput => Err((
                format!("`{word}` is not measured on a connection"),
                "connections have `success`, `rate` and `retries`; latency is measured at endpoints and sources".into(),
            )),
            _ => Ok(Subject::Edge(edge)),
        };
    }
    if let Some(endpoint) = plan.endpoint(name) {
        if of_calls || resource {
            let component = name.split_once('.').map_or(name, |(component, _)| component);
            let instead = if resource { component.to_owned() } else { format!("caller>{component}") };
            return Err((format!("an endpoint has no `{word}`"), format!("write `{instead} {word} …`")));
        }
        return Ok(Subject::Endpoint(endpoint));
    }
    if let Some(source) = plan.source(name) {
        if resource || of_calls {
            return Err((format!("a source of traffic has no `{word}`"), "write a component or a connection".into()));
        }
        return Ok(Subject::Source(source));
    }
    if let Some(component) = plan.component(name) {
        if of_calls {
            return Err((
                format!("`{word}` belong to a connection"),
                format!("write for instance `caller>{name} {word} …`"),
            ));
        }
        return Ok(Subject::Component(component));
    }
    Err(unknown_subject(name, plan))
}

fn unknown_subject(name: &str, plan: &Plan) -> Wrong {
    let components = || plan.components.iter().map(|c| c.name.as_str());
    let endpoints = || plan.endpoints.iter().map(|e| e.name.as_str());
    let edges = || plan.edges.iter().map(|e| e.name.as_str());
    let all = endpoints().chain(components()).chain(edges()).chain(plan.sources.iter().map(|s| s.name.as_str()));
    let hint = match did_you_mean(name, all) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match name.split_once('.').filter(|(component, _)| plan.component(component).is_some()) {
            Some((component, _)) => {
                let own = endpoints().filter(|e| e.split_once('.').is_some_and(|(c, _)| c == component));
                format!("`{component}` has {}", list(own))
            }
            None if name.contains('>') => format!("the connections are {}", list(edges())),
            None => format!("the model has {}", list(components())),
        },
    };
    (format!("there is no `{name}`"), hint)
}
