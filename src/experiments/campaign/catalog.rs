//! Which faults a campaign tries: every kind there is, on every component and every edge for which it makes sense.
//!
//! The kinds come from [`FORMS`], and whether one makes sense for a target is asked of the kind itself. What stands here
//! is only how hard it strikes where its own example is no good measure, and what it excuses. Kinds that strike all
//! traffic (`load`, `zone`) belong to no component, and are left to scenarios.

use crate::faults::{FORMS, Fault, Form, Strikes};
use crate::graph::Graph;
use crate::plan::{ComponentId, EndpointId, Party, Plan, Role};
use crate::units::SimDuration;

/// How a kind is tried in a campaign.
struct Way {
    word: &'static str,
    /// The amounts with which it is tried on a component, as `--fail` writes them.
    amounts: fn(&Graph, ComponentId) -> Vec<String>,
    /// Whether what is struck is gone for those who need it: their loss is then no fault of the system.
    gone: bool,
    /// It happens much less often than that something is slow, fails or dies: among equals it comes last.
    rare: bool,
}

/// Kinds that are tried otherwise than with the amount of their example, or that leave what they strike in its place.
const WAYS: &[Way] = &[
    Way { word: "kill", amounts: kills, gone: true, rare: false },
    Way {
        word: "latency",
        amounts: |graph, component| vec![format!("+{}", slow_by(graph, component))],
        gone: true,
        rare: false,
    },
    Way { word: "errors", amounts: |_, _| vec!["100%".into()], gone: true, rare: false },
    Way { word: "partition", amounts: |_, _| vec![String::new()], gone: true, rare: true },
    // Seen from the caller, a refusal is an error, a reset a death, and a hanging replica a slow one: told of where they differ.
    Way { word: "refuse", amounts: |_, _| vec![String::new()], gone: true, rare: true },
    Way { word: "reset", amounts: |_, _| vec![String::new()], gone: true, rare: true },
    Way { word: "hang", amounts: |_, _| vec![String::new()], gone: true, rare: true },
    Way { word: "cache_flush", amounts: |_, _| vec![String::new()], gone: false, rare: false },
    Way { word: "consumer_stop", amounts: |_, _| vec![String::new()], gone: false, rare: false },
    Way { word: "replication_lag", amounts: |_, _| vec!["+5s".into()], gone: false, rare: false },
    Way { word: "deploy", amounts: |_, _| vec![String::new()], gone: false, rare: false },
];

/// The faults of a campaign that begin at a time and last so long, each with the component that it strikes (or to which
/// the edge leads that it strikes).
pub fn faults(graph: &Graph, at: SimDuration, lasting: SimDuration) -> Vec<(ComponentId, Fault)> {
    let plan = graph.plan();
    let mut list = Vec::new();
    for component in (0..plan.components.len()).map(ComponentId::new).filter(|c| rate(graph, *c) > 0.0) {
        let mut try_on = |form: &Form, name: &str| {
            for amount in amounts(graph, component, form) {
                list.extend(fault(plan, form, name, &amount, at, lasting).map(|f| (component, f)));
            }
        };
        let forms = || FORMS.iter().filter(|form| form.strikes != Strikes::Traffic);
        forms().for_each(|form| try_on(form, &plan.components[component.index()].name));
        // With a single caller, striking its edge is the same as striking the component.
        let callers = callers(graph, component);
        for caller in callers.iter().filter(|_| callers.len() > 1) {
            forms().filter(|form| form.strikes != Strikes::Component).for_each(|form| try_on(form, caller));
        }
    }
    list
}

/// The same faults with those first that tell most where not all can be tried: of each part two, its loss and that it is slow,
/// before a third of any; and the parts that are called most before others.
pub fn telling_first(graph: &Graph, list: Vec<(ComponentId, Fault)>) -> Vec<(ComponentId, Fault)> {
    let plan = graph.plan();
    let mut runs = vec![0.0; plan.components.len()];
    for (i, rate) in graph.visits().endpoints.iter().enumerate() {
        runs[graph.component_of(EndpointId::new(i)).index()] += rate;
    }
    let likely = |fault: &Fault| WAYS.iter().position(|way| way.word == fault.kind.word()).unwrap_or(WAYS.len());
    let kind = |fault: &Fault| (is_partial(fault), likely(fault));
    let mut ranked: Vec<(usize, (ComponentId, Fault))> = list.into_iter().map(|struck| (0, struck)).collect();
    ranked.sort_by_key(|(_, (component, fault))| (*component, kind(fault)));
    let mut turns = vec![0; plan.components.len()];
    for (turn, (component, _)) in &mut ranked {
        *turn = turns[component.index()] / 2;
        turns[component.index()] += 1;
    }
    let busier = |a: &ComponentId, b: &ComponentId| runs[b.index()].total_cmp(&runs[a.index()]);
    ranked.sort_by(|(turn, (a, _)), (other, (b, _))| turn.cmp(other).then(busier(a, b)));
    ranked.into_iter().map(|(_, struck)| struck).collect()
}

fn amounts(graph: &Graph, component: ComponentId, form: &Form) -> Vec<String> {
    match WAYS.iter().find(|way| way.word == form.word) {
        Some(way) => (way.amounts)(graph, component),
        None => {
            // `latency:stripe:+2s@60s+120s`
            let what = form.example.split('@').next().unwrap_or_default();
            vec![what.splitn(3, ':').nth(2).unwrap_or_default().into()]
        }
    }
}

/// The fault, if it makes sense for this target. Some kinds take their own time.
fn fault(plan: &Plan, form: &Form, name: &str, amount: &str, at: SimDuration, lasting: SimDuration) -> Option<Fault> {
    let what =
        if amount.is_empty() { format!("{}:{name}", form.word) } else { format!("{}:{name}:{amount}", form.word) };
    [format!("{what}@{at}+{lasting}"), format!("{what}@{at}")]
        .iter()
        .filter_map(|text| Fault::parse_flag(text).ok())
        .find(|fault| fault.check(plan).is_ok())
}

/// The same fault at another time.
pub fn again(fault: &Fault, at: SimDuration, lasting: SimDuration) -> Fault {
    Fault { start: at, duration: fault.duration.map(|_| lasting), ..fault.clone() }
}

/// Whether a fault takes away what it strikes, so that requests that cannot do without it must fail.
pub fn takes_away(fault: &Fault) -> bool {
    let gone = WAYS.iter().find(|way| way.word == fault.kind.word()).is_none_or(|way| way.gone);
    gone && !is_partial(fault)
}

/// How much the damage of a fault counts when failures are put in order.
pub fn weight(fault: &Fault) -> f64 {
    if WAYS.iter().any(|way| way.word == fault.kind.word() && way.rare) { RARE } else { 1.0 }
}

/// Enough to put near equals in order, and no more.
const RARE: f64 = 0.85;

/// Some replicas die, and others are left.
fn is_partial(fault: &Fault) -> bool {
    fault.kind.word() == "kill" && fault.kind.effect().amount().is_some()
}

/// Whether a fault kills all of a component.
pub fn kills_all(fault: &Fault) -> bool {
    fault.kind.word() == "kill" && !is_partial(fault)
}

/// All of it; and one replica where there are others.
fn kills(graph: &Graph, component: ComponentId) -> Vec<String> {
    let plan = graph.plan();
    let replicas: u32 = plan.stations_of(component).map(|s| plan.stations[s.index()].replicas).sum();
    if replicas > 1 { vec![String::new(), "1".into()] } else { vec![String::new()] }
}

/// The edges by which other components call this one, by name, each caller once.
fn callers(graph: &Graph, component: ComponentId) -> Vec<String> {
    let plan = graph.plan();
    let mut names: Vec<String> = Vec::new();
    for edge in graph.edges_into(component).into_iter().filter(|e| graph.edge_rate(*e) > 0.0) {
        let from = plan.edges[edge.index()].from;
        let name = format!("{}>{}", plan.party_name(from), plan.components[component.index()].name);
        if matches!(from, Party::Component(_)) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Runs per second of a component's endpoints at load 1x.
fn rate(graph: &Graph, component: ComponentId) -> f64 {
    let rates = graph.visits().endpoints.iter().enumerate();
    rates.filter(|(e, _)| graph.component_of(EndpointId::new(*e)) == component).map(|(_, rate)| rate).sum()
}

/// How much slower a slow component is: ten times its usual time, at least 5 s for somebody else's API (a provider that
/// hangs) and 2 s for one's own; in whole seconds.
fn slow_by(graph: &Graph, component: ComponentId) -> SimDuration {
    let plan = graph.plan();
    let usual = (0..plan.endpoints.len())
        .map(EndpointId::new)
        .filter(|e| graph.component_of(*e) == component)
        .map(|e| graph.latency(e))
        .fold(0.0, f64::max);
    let least = if plan.components[component.index()].role == Role::External { 5.0 } else { 2.0 };
    SimDuration::from_seconds((10.0 * usual).max(least).ceil())
}
