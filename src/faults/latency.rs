//! Answers take longer: a delay on the way to a component or on one edge, or a multiple of the component's own work.
//!
//! The two differ. A delay holds callers and leaves the component idle (a slow network, a provider far away); a factor
//! also uses up its workers and cores (a missing index, a noisy neighbour).

use super::{Effect, FaultError, FaultKind, Form, FormError, Replicas, Settings, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan};
use crate::units::{SimDuration, show_factor};
use crate::yaml::{Field, Shape, Takes};

/// `latency`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.latency",
    "Calls take longer, or a component's own work does.",
    &[
        Field::required(
            "latency",
            Takes::Edge,
            "What is slow: a component, one connection, `caller>callee`, or the work of one endpoint (`db.read`).",
        ),
        Field::new("add", Takes::Duration, "Added to the round trip: the callee stays idle meanwhile."),
        Field::new(
            "factor",
            Takes::Factor,
            "The component's own work takes so many times as long; it uses up workers and cores, too.",
        ),
        Field::new(
            "replicas",
            Takes::Whole(1, u32::MAX),
            "With `factor`: so many of its replicas, the first ones first. Default: all.",
        ),
        Field::new("share", Takes::Share, "With `factor`: this share of its replicas, rounded up."),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "latency",
    strikes: Strikes::Calls,
    shape: &SHAPE,
    example: "latency:stripe:+2s@60s+120s",
    summary: "delay a component or an edge (+2s), or make a component's own work so many times slower (5x)",
    amount_field: |text| Some(if text.ends_with('x') { "factor" } else { "add" }),
    read,
};

fn read(settings: &Settings<'_>) -> Result<FaultKind, FormError> {
    let on = Replicas::read(settings)?;
    match (settings.duration("add")?, settings.factor("factor")?) {
        (Some(_), None) if on != Replicas::All => {
            let field = if settings.get("share").is_some() { "share" } else { "replicas" };
            Err(FormError::at(field, "a delay is on the way to all replicas", "write a `factor`, or leave it out"))
        }
        (Some(delay), None) => Ok(FaultKind::Latency(Latency::Add(delay))),
        (None, Some(1.0)) => {
            Err(FormError::at("factor", "`1x` changes nothing", "write how many times slower, such as `5x`"))
        }
        (None, Some(factor)) => Ok(FaultKind::Latency(Latency::Factor(factor, on))),
        (Some(_), Some(_)) => Err(FormError::at(
            "factor",
            "`add` and `factor` are two different faults",
            "write one of the two, or two faults",
        )),
        (None, None) => Err(FormError::missing(
            "a latency fault needs to know how much",
            "write a delay (`add: 2s`, or `+2s` in --fail) or a multiple (`factor: 5x`, or `5x` in --fail)",
        )),
    }
}

/// How much longer answers take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Latency {
    /// So much longer on the way: on every edge into the component, or on one edge.
    Add(SimDuration),
    /// The component's own work, or that of an endpoint, takes so many times as long, on so many of its replicas.
    Factor(f64, Replicas),
}

impl Effect for Latency {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        match (self, target) {
            (Latency::Add(_), Target::Endpoint(name)) => Err(FaultError::new(
                format!("a delay is on the way to a component, and `{name}` is an endpoint"),
                "name the component or an edge, or make the endpoint's work slower (`factor: 5x`)",
            )),
            (Latency::Add(_), _) => target.check_edges(plan, FORM.word),
            (Latency::Factor(..), Target::Edge(name)) => Err(FaultError::new(
                format!("a factor multiplies the work of a component, and `{name}` is an edge"),
                "write a delay to add to the edge (`add: 2s`), or name the component",
            )),
            (Latency::Factor(_, Replicas::All), Target::Endpoint(_)) => target.check_endpoint(plan),
            (Latency::Factor(..), Target::Endpoint(name)) => Err(FaultError::new(
                format!("`{name}` is slow on all replicas or on none"),
                "leave their number out, or name the component",
            )),
            (Latency::Factor(_, on), _) => {
                let component = target.component(plan, FORM.word)?;
                on.check(target, component, plan, "slowed")
            }
        }
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        match *self {
            Latency::Add(delay) => {
                for edge in target.edges(plan) {
                    knobs.edges[edge.index()].delay += delay;
                }
            }
            Latency::Factor(factor, on) => {
                let Ok(component) = target.component(plan, FORM.word) else {
                    let endpoints = plan.endpoints.iter().zip(&mut knobs.endpoints);
                    let struck = endpoints.filter(|(endpoint, _)| target.has_endpoint(plan, endpoint));
                    return struck.for_each(|(_, knobs)| knobs.slowdown *= factor);
                };
                for (station, n) in on.spread(component, plan, |_| 0) {
                    let knobs = &mut knobs.stations[station.index()];
                    match on {
                        Replicas::All => knobs.slowdown *= factor,
                        _ => knobs.first(n).iter_mut().for_each(|replica| replica.slowdown *= factor),
                    }
                }
            }
        }
    }

    fn grown(&self, part: f64) -> Option<FaultKind> {
        Some(FaultKind::Latency(match *self {
            Latency::Add(delay) => Latency::Add(delay.times(part)),
            Latency::Factor(factor, on) => Latency::Factor(1.0 + (factor - 1.0) * part, on),
        }))
    }

    fn amount(&self) -> Option<String> {
        Some(match *self {
            Latency::Add(delay) => format!("+{delay}"),
            Latency::Factor(factor, _) => show_factor(factor),
        })
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        match *self {
            Latency::Add(_) => Vec::new(),
            Latency::Factor(_, on) => on.setting().into_iter().collect(),
        }
    }

    fn describe(&self, target: &Target) -> String {
        match *self {
            Latency::Add(delay) => format!("{target} {delay} slower"),
            Latency::Factor(factor, on) => format!("{} {} as slow", on.words(target), show_factor(factor)),
        }
    }
}
