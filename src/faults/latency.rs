//! Answers take longer: a delay on the way to a component or on one edge, or a multiple of the component's own work.
//!
//! The two differ. A delay holds callers and leaves the component idle (a slow network, a provider far away); a factor
//! also uses up its workers and cores (a missing index, a noisy neighbour).

use super::{Effect, FaultError, FaultKind, Form, FormError, Strikes, Target, WHEN};
use crate::plan::{Knobs, Plan};
use crate::units::{SimDuration, show_factor};
use crate::yaml::{Field, Shape, Takes};

/// `latency`
pub(super) static SHAPE: Shape = Shape::new(
    "fault.latency",
    "Calls take longer, or a component's own work does.",
    &[
        Field::required("latency", Takes::Edge, "What is slow: a component, or one connection, `caller>callee`."),
        Field::new("add", Takes::Duration, "Added to the round trip: the callee stays idle meanwhile."),
        Field::new(
            "factor",
            Takes::Factor,
            "The component's own work takes so many times as long; it uses up workers and cores, too.",
        ),
    ],
)
.with(&[&WHEN]);

pub(super) const FORM: Form = Form {
    word: "latency",
    strikes: Strikes::ComponentOrEdge,
    shape: &SHAPE,
    example: "latency:stripe:+2s@60s+120s",
    summary: "delay a component or an edge (+2s), or make a component's own work so many times slower (5x)",
    amount_field: |text| Some(if text.ends_with('x') { "factor" } else { "add" }),
    read: |settings| match (settings.duration("add")?, settings.factor("factor")?) {
        (Some(delay), None) => Ok(FaultKind::Latency(Latency::Add(delay))),
        (None, Some(1.0)) => {
            Err(FormError::at("factor", "`1x` changes nothing", "write how many times slower, such as `5x`"))
        }
        (None, Some(factor)) => Ok(FaultKind::Latency(Latency::Factor(factor))),
        (Some(_), Some(_)) => Err(FormError::at(
            "factor",
            "`add` and `factor` are two different faults",
            "write one of the two, or two faults",
        )),
        (None, None) => Err(FormError::missing(
            "a latency fault needs to know how much",
            "write a delay (`add: 2s`, or `+2s` in --fail) or a multiple (`factor: 5x`, or `5x` in --fail)",
        )),
    },
};

/// How much longer answers take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Latency {
    /// So much longer on the way: on every edge into the component, or on one edge.
    Add(SimDuration),
    /// The component's own work takes so many times as long.
    Factor(f64),
}

impl Effect for Latency {
    fn word(&self) -> &'static str {
        FORM.word
    }

    fn check(&self, target: &Target, plan: &Plan) -> Result<(), FaultError> {
        match (self, target) {
            (Latency::Add(_), _) => target.check_edges(plan, FORM.word),
            (Latency::Factor(_), Target::Edge(name)) => Err(FaultError::new(
                format!("a factor multiplies the work of a component, and `{name}` is an edge"),
                "write a delay to add to the edge (`add: 2s`), or name the component",
            )),
            (Latency::Factor(_), _) => target.component(plan, FORM.word).map(|_| ()),
        }
    }

    fn turn(&self, target: &Target, plan: &Plan, knobs: &mut Knobs) {
        match *self {
            Latency::Add(delay) => {
                for edge in target.edges(plan) {
                    knobs.edges[edge.index()].delay += delay;
                }
            }
            Latency::Factor(factor) => {
                let Ok(component) = target.component(plan, FORM.word) else { return };
                for station in plan.stations_of(component) {
                    knobs.stations[station.index()].slowdown *= factor;
                }
            }
        }
    }

    fn amount(&self) -> Option<String> {
        Some(match *self {
            Latency::Add(delay) => format!("+{delay}"),
            Latency::Factor(factor) => show_factor(factor),
        })
    }

    fn describe(&self, target: &Target) -> String {
        match *self {
            Latency::Add(delay) => format!("{target} {delay} slower"),
            Latency::Factor(factor) => format!("{target} {} as slow", show_factor(factor)),
        }
    }
}
