//! The failure campaign: every component killed, slowed and failing, each beside the same run without the fault.
//!
//! The runs fork where the fault begins, so both share everything up to there. All faults are screened by one short run;
//! those that matter are confirmed by several replications, and the rest is listed as not confirmed.

use super::cascade::{Impairment, Pair, cascade, recovery};
use super::metastable::Recovery;
use super::toll::{Toll, tolls};
use super::trials::{Case, Schedule};
use crate::faults::Fault;
use crate::graph::Graph;
use crate::measure::{Estimate, Measurements};
use crate::plan::{ComponentId, EndpointId, Role};
use crate::units::SimDuration;
use rayon::prelude::*;

/// When the fault of a drill begins and ends; counted from the start of the measured part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drill {
    /// It begins.
    pub at: SimDuration,
    /// It lasts.
    pub lasting: SimDuration,
    /// Time to recover in, until the measured part ends.
    pub after: SimDuration,
    /// Before the measured part.
    pub warmup: SimDuration,
    /// Length of a row of the time series: fine enough to tell the order of a cascade.
    pub window: SimDuration,
}

impl Drill {
    /// The lengths of its runs.
    pub fn schedule(&self) -> Schedule {
        let measured = self.at + self.lasting + self.after;
        Schedule { warmup: self.warmup, measured, window: self.window, most_events: u64::MAX }
    }

    /// Simulated seconds of one run.
    pub fn seconds(&self) -> f64 {
        (self.warmup + self.schedule().measured).seconds()
    }
}

/// What one fault did in one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Harm {
    /// For each endpoint that users call: without the fault.
    pub healthy: Vec<Toll>,
    /// The same with it.
    pub faulted: Vec<Toll>,
    /// Requests that came while it lasted.
    pub during: Vec<f64>,
    /// Who else became impaired, in order.
    pub cascade: Vec<Impairment>,
    /// When goodput was back, after the end of the fault.
    pub recovered: Option<SimDuration>,
}

impl Harm {
    fn of(graph: &Graph, drill: &Drill, target: ComponentId, patience: &[f64], runs: [&Measurements; 2]) -> Harm {
        let users = graph.user_endpoints();
        let [healthy, faulted] = runs;
        let pair = Pair {
            healthy: &healthy.series,
            faulted: &faulted.series,
            from: drill.at,
            until: drill.at + drill.lasting,
        };
        let before = tolls(&users, patience, healthy);
        let share = drill.lasting.seconds() / healthy.measured.seconds().max(1e-9);
        Harm {
            during: before.iter().map(|t| t.offered * share).collect(),
            healthy: before,
            faulted: tolls(&users, patience, faulted),
            cascade: cascade(graph, target, pair),
            recovered: recovery(graph, pair, drill.schedule().measured),
        }
    }

    /// Requests to one endpoint that went bad for the fault.
    pub fn lost(&self, user: usize) -> f64 {
        (self.faulted[user].bad() - self.healthy[user].bad()).max(0.0)
    }

    /// The same as a share of those that came while the fault lasted; above 1 when the damage went on.
    pub fn share(&self, user: usize) -> f64 {
        self.lost(user) / self.during[user].max(1.0)
    }

    /// Requests to all endpoints that went bad for the fault.
    pub fn lost_in_all(&self) -> f64 {
        (0..self.during.len()).map(|user| self.lost(user)).sum()
    }
}

/// A fault with what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The fault.
    pub fault: Fault,
    /// What it struck.
    pub target: ComponentId,
    /// Under which load.
    pub load: f64,
    /// One for each replication.
    pub harms: Vec<Harm>,
    /// Several replications agree on it; else it rests on one short run.
    pub confirmed: bool,
    /// For each endpoint that users call, the share of its requests that must fail while the target is gone, since the
    /// request cannot do without it.
    pub unavoidable: Vec<f64>,
    /// Endpoints that suffered though their requests never reach the target.
    pub collateral: Vec<EndpointId>,
}

/// An endpoint is hurt when it loses at least this share of its requests while the fault lasts.
const HURT: f64 = 0.02;

impl Failure {
    /// The mean over replications of something about each.
    pub fn mean(&self, of: impl Fn(&Harm) -> f64) -> f64 {
        self.harms.iter().map(of).sum::<f64>() / self.harms.len().max(1) as f64
    }

    /// Its estimate over replications.
    pub fn estimate(&self, of: impl Fn(&Harm) -> f64) -> Estimate {
        Estimate::of(&self.harms.iter().map(of).collect::<Vec<_>>())
    }

    /// Requests that went bad although the system could have answered them without the target.
    pub fn avoidable(&self, harm: &Harm) -> f64 {
        avoidable(&harm.healthy, &harm.faulted, &harm.during, &self.unavoidable)
    }

    /// Avoidable requests as a share of all that came while the fault lasted.
    pub fn avoidable_share(&self) -> f64 {
        self.mean(|h| self.avoidable(h) / h.during.iter().sum::<f64>().max(1.0))
    }

    /// All lost requests as a share of all that came while the fault lasted.
    pub fn lost_share(&self) -> f64 {
        self.mean(|h| h.lost_in_all() / h.during.iter().sum::<f64>().max(1.0))
    }

    /// In how many replications goodput came back.
    pub fn recoveries(&self) -> usize {
        self.harms.iter().filter(|h| h.recovered.is_some()).count()
    }

    /// How long it took to come back, over the replications.
    pub fn recovery(&self) -> Recovery {
        Recovery::of(&self.harms.iter().map(|h| h.recovered).collect::<Vec<_>>())
    }

    /// Whether it came back in every replication.
    pub fn recovers(&self) -> bool {
        self.recoveries() == self.harms.len()
    }

    /// The cascade of the first replication, less what did not appear in most of the others; times are means.
    pub fn cascade(&self) -> Vec<Impairment> {
        let Some(first) = self.harms.first() else { return Vec::new() };
        let seen = |step: &Impairment| -> Vec<f64> {
            let all = self.harms.iter().flat_map(|h| &h.cascade);
            all.filter(|s| s.component == step.component).map(|s| s.at.seconds()).collect()
        };
        let mut steps: Vec<Impairment> = first
            .cascade
            .iter()
            .filter(|step| 2 * seen(step).len() > self.harms.len())
            .map(|step| {
                let times = seen(step);
                Impairment { at: SimDuration::from_seconds(times.iter().sum::<f64>() / times.len() as f64), ..*step }
            })
            .collect();
        steps.sort_by_key(|s| s.at);
        steps
    }

    fn judge(&mut self, graph: &Graph) {
        let users = graph.user_endpoints();
        let hurt = |user: usize| self.mean(|h| h.share(user)) >= HURT && self.mean(|h| h.lost(user)) >= 5.0;
        self.collateral = (0..users.len())
            .filter(|user| hurt(*user) && !graph.reach(users[*user]).contains(&self.target))
            .map(|user| users[user])
            .collect();
    }

    /// Whether it is worth more runs.
    pub fn matters(&self) -> bool {
        !self.collateral.is_empty() || self.recoveries() < self.harms.len() || self.avoidable_share() >= 0.01
    }
}

/// Bad requests beyond those that had to be. What had to be is known up to the chance by which requests came or did not
/// come while the fault lasted: three standard deviations of a Poisson number, and two percent, are granted.
pub fn avoidable(healthy: &[Toll], faulted: &[Toll], during: &[f64], unavoidable: &[f64]) -> f64 {
    let users = healthy.iter().zip(faulted).zip(during.iter().zip(unavoidable));
    let beyond = |(h, f): (&Toll, &Toll), must: f64| f.bad() - h.bad() - 1.02 * must - 3.0 * must.sqrt();
    users.map(|(pair, (during, share))| beyond(pair, during * share).max(0.0)).sum()
}

/// The faults of the campaign: each component that traffic reaches, killed, slow, and failing; a cache also empty, a
/// queue's consumers also stopped.
pub fn faults(graph: &Graph, drill: &Drill) -> Vec<(ComponentId, Fault)> {
    let plan = graph.plan();
    let mut list = Vec::new();
    for i in 0..plan.components.len() {
        let id = ComponentId::new(i);
        if rate(graph, id) <= 0.0 {
            continue;
        }
        let name = &plan.components[i].name;
        let mut kinds = vec![
            format!("kill:{name}"),
            format!("latency:{name}:+{}", slow_by(graph, id)),
            format!("errors:{name}:100%"),
        ];
        match plan.components[i].role {
            Role::Cache => kinds.push(format!("cache_flush:{name}")),
            Role::Queue => kinds.push(format!("consumer_stop:{name}")),
            _ => {}
        }
        for kind in kinds {
            let fault = Fault::parse_flag(&format!("{kind}@{}+{}", drill.at, drill.lasting));
            list.extend(fault.ok().filter(|f| f.check(plan).is_ok()).map(|f| (id, f)));
        }
    }
    list
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

/// What a campaign runs on.
#[derive(Clone, Copy, Debug)]
pub struct Field<'g, 'p> {
    /// The plan as a graph.
    pub graph: &'g Graph<'p>,
    /// The load.
    pub load: f64,
    /// The seed.
    pub seed: u64,
    /// When answers are late, by endpoint that users call.
    pub patience: &'g [f64],
}

impl<'p> Field<'_, 'p> {
    /// The healthy case of a drill.
    pub fn case(&self, drill: &Drill) -> Case<'p> {
        Case {
            plan: self.graph.plan(),
            load: self.load,
            faults: Vec::new(),
            schedule: drill.schedule(),
            seed: self.seed,
        }
    }

    /// Runs every fault in so many replications beside its healthy twin: `result[fault]`.
    pub fn drill(&self, drill: &Drill, faults: &[(ComponentId, Fault)], replications: u32) -> Vec<Failure> {
        let healthy = self.case(drill);
        let forks: Vec<_> = (0..replications)
            .into_par_iter()
            .map(|r| {
                let fork = healthy.fork(r, drill.at);
                let twin = healthy.run_from(&fork, r);
                (fork, twin)
            })
            .collect();
        let jobs: Vec<(usize, usize)> =
            (0..faults.len()).flat_map(|f| (0..replications as usize).map(move |r| (f, r))).collect();
        let mut harms: Vec<Harm> = jobs
            .par_iter()
            .map(|&(f, r)| {
                let (target, fault) = &faults[f];
                let run = healthy.with_faults(std::slice::from_ref(fault)).run_from(&forks[r].0, r as u32);
                Harm::of(self.graph, drill, *target, self.patience, [&forks[r].1, &run])
            })
            .collect();
        let users = self.graph.user_endpoints();
        faults
            .iter()
            .map(|(target, fault)| {
                let rest = harms.split_off(replications as usize);
                let survival = self.graph.survival(*target);
                let mut failure = Failure {
                    fault: fault.clone(),
                    target: *target,
                    load: self.load,
                    harms: std::mem::replace(&mut harms, rest),
                    confirmed: replications > 1,
                    unavoidable: users.iter().map(|e| unavoidable(fault, survival[e.index()])).collect(),
                    collateral: Vec::new(),
                };
                failure.judge(self.graph);
                failure
            })
            .collect()
    }
}

/// The share that must fail: what cannot do without the target. An empty cache or stopped consumers excuse nothing.
fn unavoidable(fault: &Fault, survival: f64) -> f64 {
    if matches!(fault.kind.word(), "cache_flush" | "consumer_stop") { 0.0 } else { 1.0 - survival }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::samples;

    const DRILL: Drill = Drill {
        at: SimDuration::from_secs(5),
        lasting: SimDuration::from_secs(15),
        after: SimDuration::from_secs(15),
        warmup: SimDuration::from_secs(5),
        window: SimDuration::from_millis(250),
    };

    #[test]
    fn every_component_has_its_faults() {
        let plan = samples::mail();
        let graph = Graph::new(&plan);
        let texts: Vec<String> = faults(&graph, &DRILL).iter().map(|(_, f)| f.to_string()).collect();
        assert!(texts.contains(&"kill:mailer@5s+15s".into()), "{texts:?}");
        assert!(texts.contains(&"latency:smtp:+5s@5s+15s".into()), "{texts:?}");
        assert!(texts.contains(&"consumer_stop:jobs@5s+15s".into()), "{texts:?}");
    }

    /// The database of the page model dies for 15 s: shop passes the errors on, half of the pages are lost and had to be,
    /// and all is well at once when it is back.
    #[test]
    fn a_killed_database_takes_down_what_needs_it_and_no_more() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0] };
        let kill = Fault::parse_flag("kill:db@5s+15s").unwrap();
        let failure = &field.drill(&DRILL, &[(plan.component("db").unwrap(), kill)], 2)[0];
        assert!((failure.mean(|h| h.share(0)) - 0.5).abs() < 0.05, "{:?}", failure.harms[0].faulted);
        assert!(failure.avoidable_share() < 0.05);
        assert!(failure.collateral.is_empty());
        assert_eq!(failure.recoveries(), 2);
        let cascade = failure.cascade();
        let names: Vec<&str> = cascade.iter().map(|i| plan.components[i.component.index()].name.as_str()).collect();
        assert_eq!(names, ["shop", "web"]);
        assert_eq!(cascade[0].mechanism.words(), "error passed on");
    }

    /// Slow by 2 s, the database holds the 20 threads of shop: half of the lists need it, 100 a second.
    #[test]
    fn a_slow_database_exhausts_the_workers_of_its_callers() {
        let plan = samples::page();
        let graph = Graph::new(&plan);
        let field = Field { graph: &graph, load: 1.0, seed: 1, patience: &[1.0] };
        let slow = Fault::parse_flag("latency:db:+2s@5s+15s").unwrap();
        let failure = &field.drill(&DRILL, &[(plan.component("db").unwrap(), slow)], 1)[0];
        assert!(failure.avoidable_share() > 0.2, "{:?}", failure.avoidable_share());
        let shop = failure.cascade().into_iter().find(|i| i.component == plan.component("shop").unwrap()).unwrap();
        assert_eq!(shop.mechanism.words(), "workers exhausted");
        assert_eq!(shop.via, plan.edge("shop>db"));
    }
}
