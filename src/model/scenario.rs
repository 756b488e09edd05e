//! Scenarios: what may happen, and what is expected then.

use super::{Expectation, expect};
use crate::faults::{FAULT, Fault};
use crate::kinds::{check_name, origin};
use crate::plan::{Origin, Plan};
use crate::units::Quantity;
use crate::yaml::{Field, Item, Shape, Takes};

/// An entry under `scenarios`; the fields are those of `SCENARIO_SHAPE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// A multiple, or an absolute rate; `None`: the model's own traffic.
    pub load: Option<Quantity>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// What should hold all the same.
    pub expect: Vec<Expectation>,
    /// Where it is written.
    pub origin: Origin,
}

/// What may happen, and what is expected then.
pub static SCENARIO_SHAPE: Shape = Shape::new(
    "scenario",
    "What may happen, and what should hold then.",
    &[
        Field::new("load", Takes::Load, "The load: a multiple of the model's own, or a rate. Default `1x`."),
        Field::new("faults", Takes::List(&Takes::Alias(&FAULT)), "What goes wrong."),
        Field::new("expect", Takes::List(&Takes::Expectation), "What should hold all the same."),
    ],
);

/// Reads `scenarios`.
pub(super) fn read_all(item: &Item<'_>, plan: &Plan) -> Vec<Scenario> {
    item.entries().into_iter().filter(check_name).filter_map(|item| read(&item, plan)).collect()
}

fn read(item: &Item<'_>, plan: &Plan) -> Option<Scenario> {
    let mut fields = item.shaped(&SCENARIO_SHAPE)?;
    let load = fields.optional("load").and_then(|item| item.checked(Quantity::parse(item.text()?)));
    let faults = fields.optional("faults").map(|item| item.items()).unwrap_or_default();
    let faults: Vec<Fault> = faults.iter().filter_map(|item| read_fault(item, plan)).collect();
    let expect = fields.optional("expect").map(|item| expect::read_all(&item, plan, &faults)).unwrap_or_default();
    fields.finish();
    Some(Scenario { name: item.name.clone(), load, faults, expect, origin: origin(item) })
}

fn read_fault(item: &Item<'_>, plan: &Plan) -> Option<Fault> {
    let fault = Fault::read(item)?;
    if let Err(error) = fault.check(plan) {
        item.problem(error.message, error.hint.unwrap_or_else(|| "the faults are listed in the reference".into()));
        return None;
    }
    Some(fault.lasting(plan))
}
