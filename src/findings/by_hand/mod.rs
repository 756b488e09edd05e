//! Findings from evidence that is made by hand, so that every limit is met exactly and every sentence is known.

mod expectations;
mod failures;
mod guards;
mod limits;
mod remedies;
mod scores;
mod statics;

use super::*;
use crate::experiments::{Detection, Drill, Failure, Harm, Options, Quiet, Review, Toll, review};
use crate::faults::Fault;
use crate::graph::Graph;
use crate::measure::Estimate;
use crate::model::{Change, Model};
use crate::plan::{ComponentId, EdgeId};
use crate::units::{Quantity, SimDuration};
use std::sync::OnceLock;

/// Half of the users see a page, half buy, which needs the bank and a database.
const SHOP: &str = "
traffic: { people: { rate: 10/s, mix: { web.page: 50%, web.buy: 50% } } }
services:
  web:
    replicas: 2
    endpoints: { page: [ { work: 1ms } ], buy: [ { work: 1ms }, { call: pay }, { call: db } ] }
    dependencies: { pay: { timeout: 1s }, db: { timeout: 1s, pool: 5 } }
  pay: { replicas: 2, work: 1ms }
databases: { db: { connections: 10, query: 1ms } }
slos: [ web.buy success >= 99% ]
alerts: { sales: { when: web.buy success < 90%, over: 10s }, load: { when: web rate > 1000/s, over: 10s } }
";

const S: fn(u64) -> SimDuration = SimDuration::from_secs;

/// A model with a review of it.
#[derive(Clone)]
struct Case {
    model: Model,
    review: Review,
}

impl Case {
    /// The shop, and a review of it in which nothing was found.
    fn new() -> Case {
        static SHOP_CASE: OnceLock<Case> = OnceLock::new();
        SHOP_CASE.get_or_init(|| Case::of(SHOP)).clone()
    }

    /// The same of another model.
    fn of(text: &str) -> Case {
        let model = tests::read(text);
        let options =
            Options { loads: vec![Quantity::Factor(4.0)], replications: 2, budget: 1e5, ..Options::default() };
        let mut review = review(&model, &options, &Quiet);
        review.runs.truncate(1);
        review.runs[0].outcome.judged.clear();
        review.runs[0].outcome.holds = true;
        (review.load, review.seed, review.replications, review.plan) = (4.0, 7, 2, None);
        (review.capacity.bracket.low, review.capacity.bracket.high) = (1.0, 2.0);
        review.drill.lasting = S(10);
        review.bottlenecks.clear();
        review.failures.clear();
        review.contained.clear();
        review.metastable.clear();
        review.spares.clear();
        review.decoys.clear();
        review.remedies.clear();
        review.noise.clear();
        review.proposals.clear();
        review.calmer.clear();
        review.keyed.clear();
        Case { model, review }
    }

    fn with<T>(&self, look: impl FnOnce(&Evidence) -> T) -> T {
        let graph = Graph::new(&self.model.plan);
        look(&Evidence { model: &self.model, graph: &graph, review: Some(&self.review) })
    }

    /// All findings of this kind.
    fn found(&self, code: &str) -> Vec<Finding> {
        let mut found = self.with(look);
        found.retain(|finding| finding.code == code);
        found
    }

    /// The one finding of this kind.
    #[track_caller]
    fn one(&self, code: &str) -> Finding {
        let found = self.found(code);
        let [one] = found.as_slice() else { panic!("{found:#?}") };
        one.clone()
    }

    fn component(&self, name: &str) -> ComponentId {
        self.model.plan.component(name).expect(name)
    }

    fn edge(&self, name: &str) -> EdgeId {
        self.model.plan.edge(name).expect(name)
    }

    /// A failure of ten seconds, which two replications agree on; nothing of it is unavoidable.
    fn failure(&self, fault: &str, target: &str, harms: Vec<Harm>) -> Failure {
        Failure {
            fault: Fault::parse_flag(fault).expect(fault),
            drill: Drill { at: S(10), lasting: S(10), after: S(30), warmup: S(0), window: S(1) },
            target: self.component(target),
            edges: Vec::new(),
            load: 1.0,
            harms,
            confirmed: true,
            unavoidable: vec![0.0, 0.0],
            collateral: Vec::new(),
            detection: Detection::default(),
            events: 0,
        }
    }
}

/// Of 200 requests to a page or a purchase so many failed, or were late.
fn toll(failed: f64, late: f64) -> Toll {
    Toll { offered: 200.0, failed, late, p99: 0.01 }
}

/// What went bad of the pages and of the purchases; 100 of each came while the fault lasted, and all is well at its end.
fn harm(failed: [f64; 2], late: [f64; 2]) -> Harm {
    Harm {
        healthy: vec![toll(0.0, 0.0); 2],
        faulted: vec![toll(failed[0], late[0]), toll(failed[1], late[1])],
        during: vec![100.0, 100.0],
        cascade: Vec::new(),
        loaded: Vec::new(),
        answered: Vec::new(),
        recovered: Some(S(0)),
        pages: Vec::new(),
        side: Default::default(),
    }
}

fn estimate(mean: f64, low: f64, high: f64) -> Estimate {
    Estimate { mean, low, high }
}

fn change(path: &str, from: Option<&str>, to: &str) -> Change {
    Change { path: path.into(), from: from.map(Into::into), to: to.into() }
}
