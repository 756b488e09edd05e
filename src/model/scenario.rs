//! Scenarios: what may happen, and what is expected then.

use super::{Expectation, expect};
use crate::faults::Fault;
use crate::kinds::{check_name, origin};
use crate::plan::{Origin, Plan};
use crate::units::Quantity;
use crate::yaml::Item;

/// An entry under `scenarios`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// `load`: a multiple (`10x`) or an absolute rate (`500/s`). Default: the model's own traffic.
    pub load: Option<Quantity>,
    /// `faults`: what goes wrong, such as `{ latency: stripe, add: 5s, at: 60s, for: 120s }`. Times count from the start
    /// of the measured part.
    pub faults: Vec<Fault>,
    /// `expect`: what should hold all the same.
    pub expect: Vec<Expectation>,
    /// Where it is written.
    pub origin: Origin,
}

/// Reads `scenarios`.
pub(super) fn read_all(item: &Item<'_>, plan: &Plan) -> Vec<Scenario> {
    item.entries().into_iter().filter(check_name).filter_map(|item| read(&item, plan)).collect()
}

fn read(item: &Item<'_>, plan: &Plan) -> Option<Scenario> {
    let mut fields = item.fields()?;
    let load = fields.optional("load").and_then(|item| item.checked(Quantity::parse(item.text()?)));
    let faults = fields.optional("faults").map(|item| item.items()).unwrap_or_default();
    let faults = faults.iter().filter_map(|item| read_fault(item, plan)).collect();
    let expect = fields.optional("expect").map(|item| expect::read_all(&item, plan)).unwrap_or_default();
    fields.finish();
    Some(Scenario { name: item.name.clone(), load, faults, expect, origin: origin(item) })
}

fn read_fault(item: &Item<'_>, plan: &Plan) -> Option<Fault> {
    let fault = Fault::read(item)?;
    if let Err(error) = fault.check(plan) {
        item.problem(error.message, error.hint.unwrap_or_else(|| "the faults are listed in the reference".into()));
        return None;
    }
    Some(fault)
}
