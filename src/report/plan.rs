//! The plan to a load: what to change, why each change is needed, and what faults do with all of it.

use super::words::{factor, listed};
use super::{Change, Effect, FaultInfo};

/// How to reach the load asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanToTarget {
    /// The load.
    pub target_load: f64,
    /// What to change; guards against faults come last.
    pub changes: Vec<Change>,
    /// Whether the SLOs hold with all changes, by a last run.
    pub meets_slos: bool,
    /// What all changes together give.
    pub effects: Vec<Effect>,
    /// For each change, what happens without it; empty when the SLOs are not met anyway.
    pub without: Vec<Without>,
    /// The limits of the model that are in the way, when they are not.
    pub limits: Vec<PlanLimit>,
    /// What everything that declares a cost costs a month, before and after.
    pub cost: Option<(f64, f64)>,
    /// What faults do with all changes; `None` where that was not tried.
    pub faults: Option<PlanFaults>,
}

/// A limit of the model that is in the way of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanLimit {
    /// Where it is written: `limits.replicas`.
    pub limit: String,
    /// The most it allows.
    pub most: f64,
    /// What would have to exceed it: `services.web.replicas`; empty for the cost of everything.
    pub path: String,
    /// How much would be tried next.
    pub wanted: f64,
}

/// Why a change is part of a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Without {
    /// Without it this SLO is missed.
    Missed(String),
    /// Without it this fault does more harm than it must.
    Spreads(Spread),
}

/// A fault that takes others with it, or is not over in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// The fault.
    pub fault: FaultInfo,
    /// Endpoints that fail though they do not need what it strikes.
    pub collateral: Vec<String>,
    /// Whether goodput was back when the run ended.
    pub recovers: bool,
}

/// What faults do to the system as it is planned, at the load of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanFaults {
    /// So many were struck, one after the other.
    pub struck: usize,
    /// Those that do more harm than they must.
    pub open: Vec<Spread>,
    /// So many more the budget had no room for.
    pub not_tried: usize,
}

/// Open faults that are named.
const NAMED: usize = 3;

impl Without {
    /// What happens, after `without it`: `` `web.home p99 < 300ms` is missed ``.
    pub fn clause(&self) -> String {
        match self {
            Without::Missed(slo) => format!("`{slo}` is missed"),
            Without::Spreads(spread) => spread.clause(),
        }
    }
}

impl Spread {
    /// `stripe 5s slower takes web.home and web.search with it`
    pub fn clause(&self) -> String {
        let what = &self.fault.text;
        let back = if self.recovers { "" } else { "is not over in time" };
        let others = match self.collateral.as_slice() {
            [] => String::new(),
            some => format!("takes {} with it", listed(some)),
        };
        let both: Vec<String> = [others, back.into()].into_iter().filter(|part| !part.is_empty()).collect();
        format!("\"{what}\" {}", listed(&both))
    }
}

impl PlanFaults {
    /// What was tried and what came of it, at the load of the plan.
    pub fn sentence(&self, load: f64) -> String {
        let (struck, load) = (self.struck, factor(load));
        let more = match self.not_tried {
            0 => String::new(),
            n => format!("; {n} more were not tried"),
        };
        if self.open.is_empty() && struck == 1 {
            return format!(
                "the one struck at {load} with all of it takes no others with it, and is over in time{more}"
            );
        }
        if self.open.is_empty() {
            return format!(
                "none of the {struck} faults struck at {load} with all of it takes others with it, and each is over in time{more}"
            );
        }
        let open = self.open.len();
        let named: Vec<String> = self.open.iter().take(NAMED).map(Spread::clause).collect();
        let rest = match open.saturating_sub(NAMED) {
            0 => String::new(),
            n => format!("; and {n} more"),
        };
        format!(
            "{open} of the {struck} faults struck at {load} with all of it still spread: {}{rest}{more}",
            named.join("; ")
        )
    }
}

/// A plan to show.
#[cfg(test)]
pub(super) mod fixture {
    use super::*;
    use crate::report::Measure;
    use crate::report::fixture::{around, change};

    pub fn plan(slow: FaultInfo) -> PlanToTarget {
        PlanToTarget {
            target_load: 10.0,
            changes: vec![
                change("databases.orders-db.connections", Some("20"), "48"),
                change("services.payments.concurrency", Some("20"), "40"),
                change("services.orders.dependencies.payments.bulkhead", None, "60"),
            ],
            meets_slos: true,
            without: vec![
                Without::Missed("web.account p99 < 800ms".into()),
                Without::Missed("web.checkout p99 < 2s".into()),
                Without::Spreads(Spread {
                    fault: slow,
                    collateral: vec!["web.home".into(), "web.search".into()],
                    recovers: true,
                }),
            ],
            limits: Vec::new(),
            cost: None,
            faults: Some(PlanFaults { struck: 14, open: Vec::new(), not_tried: 71 }),
            effects: vec![Effect {
                subject: "web.checkout".into(),
                measure: Measure::SuccessRate,
                before: around(0.41, 0.015),
                after: around(0.9991, 0.0004),
                difference: None,
            }],
        }
    }
}
