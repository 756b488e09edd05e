//! The twin run that proves it: for a moment there is less load, and then a system that was stuck is well.
//!
//! A system that has lost something for good does not come back by this; one that is held down by its own load does. Half
//! of the load is taken off for as long as it takes until goodput is back at half of the load, then all of it comes again; if
//! that fails, for longer. If half is too much, nine tenths are taken off; if what waits is too much, it is dropped by a
//! restart, too. A fixed number of users cannot be halved: they are cut off.

use super::purse::{Comes, Purse};
use super::stuck::Stuck;
use crate::faults::{Fault, FaultKind, Load, Partition, Target};
use crate::measure::Warm;
use crate::plan::{Arrivals, Party, Plan};
use crate::units::SimDuration;
use rayon::prelude::*;

/// What cures a stuck system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cure {
    /// The share of the load that is left: 1/2, 1/10, or none.
    pub left: f64,
    /// For how long.
    pub lasting: SimDuration,
    /// What has a long line is restarted first, since it would take too long to serve.
    pub restart: bool,
}

impl Stuck<'_, '_> {
    /// The least relief that cures every state, with the longest time that one of them takes; false with it when less may do,
    /// since a run was cut.
    pub fn cure(&self, purse: &Purse) -> (Option<Cure>, bool) {
        let levels: &[f64] = if is_closed(self.inquiry.graph.plan()) { &[0.0] } else { &[0.5, 0.1] };
        let ways = levels.iter().map(|left| (*left, false)).chain(levels.iter().map(|left| (*left, true)));
        let ways: Vec<(f64, bool)> = ways.filter(|(_, restart)| !restart || !self.restart().is_empty()).collect();
        let mut known = true;
        for (i, (left, restart)) in ways.iter().copied().enumerate() {
            let all = purse.lend(1.0 / (ways.len() - i) as f64, |purse| self.relieve_all(left, restart, purse));
            match all {
                Comes::Back(lasting) => return (Some(Cure { left, lasting, restart }), known),
                Comes::Not => {}
                Comes::Unknown => known = false,
            }
        }
        (None, known)
    }

    fn relieve_all(&self, left: f64, restart: bool, purse: &Purse) -> Comes<SimDuration> {
        let share = 1.0 / self.states.len() as f64;
        let each: Vec<(Comes<SimDuration>, u64)> = self
            .states
            .par_iter()
            .map(|(r, state)| {
                let mine = purse.part(share);
                (self.relieve(left, restart, *r, state, &mine), mine.spent())
            })
            .collect();
        each.iter().for_each(|(_, spent)| purse.spend(*spent));
        let all = each.iter().try_fold(SimDuration::ZERO, |longest, (t, _)| t.back().map(|t| t.max(longest)));
        match all {
            Some(lasting) => Comes::Back(lasting),
            None if each.iter().any(|(t, _)| *t == Comes::Not) => Comes::Not,
            None => Comes::Unknown,
        }
    }

    /// For how long so much load must be left out.
    fn relieve(&self, left: f64, restart: bool, replication: u32, state: &Warm, purse: &Purse) -> Comes<SimDuration> {
        let plan = self.inquiry.graph.plan();
        let wait = self.course.wait;
        let case = |lasting| {
            let mut more = self.relief(left, lasting);
            more.extend(restart.then(|| self.restart()).into_iter().flatten());
            self.case(plan, &more)
        };
        let back = match left > 0.0 {
            true => {
                let mut warm = state.clone();
                let course = &self.course;
                match self.inquiry.comes_back(&case(None), &mut warm, replication, course, self.patience, purse) {
                    Comes::Back(after) => after,
                    other => return other,
                }
            }
            // Nobody is there to tell.
            false => wait,
        };
        // What has come back at less load may need longer until it bears all of it: a cache has to fill, say.
        let longer = |t: &SimDuration| Some(*t + *t).filter(|t| *t <= self.patience);
        for lasting in std::iter::successors(Some(back), longer) {
            let mut warm = state.clone();
            let settled = self.course.judged_from() + lasting + wait;
            let case = case(Some(lasting)).at_most(state.events() + purse.left());
            case.advance(&mut warm, replication, settled + wait);
            purse.spend(warm.events() - state.events());
            if warm.was_cut() {
                return Comes::Unknown;
            }
            let now = self.inquiry.pulse(&warm, &self.course, settled, settled + wait);
            if now.is_back(&self.inquiry.usual(&warm, &self.course)) {
                return Comes::Back(lasting);
            }
        }
        Comes::Not
    }

    fn relief(&self, left: f64, lasting: Option<SimDuration>) -> Vec<Fault> {
        let at =
            |kind, target| Fault { start: self.course.judged_from(), duration: lasting, ..Fault::new(kind, target) };
        if left > 0.0 {
            return vec![at(FaultKind::Load(Load { factor: left }), Target::Traffic)];
        }
        let edges = self.inquiry.graph.plan().edges.iter().filter(|e| matches!(e.from, Party::Source(_)));
        edges.map(|e| at(FaultKind::Partition(Partition), Target::Edge(e.name.clone()))).collect()
    }
}

/// Whether some of the traffic is a fixed number of users.
pub fn is_closed(plan: &Plan) -> bool {
    plan.sources.iter().any(|s| matches!(s.arrivals, Arrivals::Closed { .. }))
}
