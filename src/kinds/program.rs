//! Steps to instructions.
//!
//! What usually happens stands in one straight line; what is done otherwise (substitutes for failed calls, misses, `else`,
//! branches) follows behind the program's [`Step::Return`] and jumps back.

use super::cached::Miss;
use super::transaction::Within;
use super::{Caller, Fallback, Policy, StepSpec, Target, Wiring};
use crate::plan::{Branch, EndpointId, Fork, ForkId, LinkId, LookId, Pc, Role, Step, Switch, SwitchId};
use crate::random::Count;
use std::collections::{BTreeMap, VecDeque};

/// The program of one endpoint in the making.
pub struct Program<'p, 'a> {
    pub(super) wiring: &'p mut Wiring<'a>,
    caller: &'p Caller<'a>,
    endpoint: EndpointId,
    /// What is still to be written behind the return.
    later: VecDeque<Later<'p, 'a>>,
    /// Whether the steps being written run inside a loop: a request has one loop counter.
    in_loop: bool,
    /// The transaction that the steps being written belong to.
    pub(super) within: Option<Within>,
    /// The steps by whose numbers named keys are drawn.
    pub(super) keys: BTreeMap<String, Pc>,
}

/// A stretch that stands apart.
struct Later<'p, 'a> {
    /// What refers to its beginning.
    from: From,
    what: What<'p, 'a>,
    /// Where it goes on; `None` for a branch, which returns.
    back: Option<Pc>,
    in_loop: bool,
    within: Option<Within>,
}

pub(super) enum From {
    /// A step that jumps to it.
    Step(Pc),
    /// A look-up that misses, and perhaps the call before it that fails.
    Miss(Option<Pc>, Pc),
    /// A look-up that is served stale.
    Refresh(LookId),
    /// A write that is done later.
    Later(Pc),
    /// A case of a switch.
    Case(SwitchId, usize),
    /// A branch of a fork.
    Branch(ForkId, usize),
}

pub(super) enum What<'p, 'a> {
    Steps(&'p [StepSpec<'a>]),
    /// The body of a nested loop, as a program of its own.
    Loop(Count, &'p [StepSpec<'a>]),
    /// Instead of a call that failed.
    Substitute(Box<Policy<'a>>),
    /// How a missed answer is found, and how it is stored.
    Miss(Miss<'p, 'a>),
}

impl<'p, 'a> Program<'p, 'a> {
    /// Writes the program of an endpoint.
    pub fn write(wiring: &'p mut Wiring<'a>, caller: &'p Caller<'a>, endpoint: EndpointId, steps: &'p [StepSpec<'a>]) {
        wiring.builder.begin(endpoint);
        let mut program = Program {
            wiring,
            caller,
            endpoint,
            later: VecDeque::new(),
            in_loop: false,
            within: None,
            keys: BTreeMap::new(),
        };
        program.block(steps);
        program.emit(Step::Return);
        while let Some(later) = program.later.pop_front() {
            program.apart(later);
        }
    }

    pub(super) fn emit(&mut self, step: Step) -> Pc {
        self.wiring.builder.emit(step)
    }

    pub(super) fn here(&self) -> Pc {
        self.wiring.builder.here()
    }

    pub(super) fn block(&mut self, steps: &'p [StepSpec<'a>]) {
        for step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: &'p StepSpec<'a>) {
        match step {
            StepSpec::Work(time) => {
                let time = self.wiring.builder.dist(time.clone());
                self.emit(Step::Work { time });
            }
            StepSpec::Sleep(time) => {
                let time = self.wiring.builder.dist(time.clone());
                self.emit(Step::Sleep { time });
            }
            StepSpec::Call(target) => self.call(target),
            StepSpec::Publish(target) => self.publish(target),
            StepSpec::Parallel { branches, need } => self.parallel(branches, *need),
            StepSpec::Repeat { times, steps } => self.repeat(*times, steps),
            StepSpec::Chance { p, steps, otherwise } => self.chance(*p, steps, otherwise),
            StepSpec::Choose(cases) => self.choose(cases),
            StepSpec::Cached { cache, key, miss } => self.cached(cache, key.as_ref(), miss),
            StepSpec::Write { cache, key, steps } => self.write_through(cache, key.as_ref(), steps),
            StepSpec::Transaction { database, steps } => self.transaction(database, steps),
            StepSpec::Lock { rows, optimistic, steps } => self.lock(rows, *optimistic, steps),
            StepSpec::Ship(replicas) => {
                self.emit(Step::Ship { replicas: *replicas });
            }
            StepSpec::Peek(replicas) => {
                self.emit(Step::Peek { replicas: *replicas });
            }
            StepSpec::Error(p) => {
                let next = Pc::new(self.here().index() + 2);
                if *p < 1.0 {
                    self.emit(Step::Chance { p: *p, otherwise: next });
                }
                self.emit(Step::Error);
            }
        }
    }

    fn call(&mut self, target: &Target<'a>) {
        if let Some((link, policy)) = self.resolve_call(target) {
            self.emit_call(link, policy);
        }
    }

    fn resolve_call(&mut self, target: &Target<'a>) -> Option<(LinkId, Policy<'a>)> {
        let found = self.resolve(target);
        match found {
            Some(to) => Some(self.link(to, target)),
            None => {
                self.caller.called_in_vain(target);
                None
            }
        }
    }

    fn resolve(&self, target: &Target<'a>) -> Option<EndpointId> {
        if self.wiring.role(target.component()) == Some(Role::Queue) {
            let queue = target.component();
            target.problem(format!("`{queue}` is a queue, which is not called"), format!("write `publish: {queue}`"));
            return None;
        }
        self.wiring.resolve(target)
    }

    pub(super) fn link(&mut self, to: EndpointId, target: &Target<'a>) -> (LinkId, Policy<'a>) {
        self.wiring.calls.push((self.endpoint, to, target.item.clone()));
        let plan = self.wiring.builder.plan();
        let component = plan.stations[plan.endpoints[to.index()].station.index()].component;
        let Some(within) = self.within.filter(|within| within.database == component) else {
            return self.caller.link(self.wiring, to, &target.item);
        };
        if within.forked {
            let hint = "ask one after the other, or outside the transaction";
            target.problem("a transaction runs its queries one after the other, on one connection", hint);
        }
        self.caller.link_inside(self.wiring, to, &target.item)
    }

    fn emit_call(&mut self, link: LinkId, policy: Policy<'a>) {
        let at = self.emit(Step::Call { link, failed: Pc::FAIL });
        if policy.has_substitute() {
            self.later(From::Step(at), What::Substitute(Box::new(policy)));
        }
    }

    /// Something that stands apart and comes back to the next step.
    pub(super) fn later(&mut self, from: From, what: What<'p, 'a>) {
        let back = Some(self.here());
        self.later.push_back(Later { from, what, back, in_loop: self.in_loop, within: self.within });
    }

    /// Something that stands apart as a program of its own, run for nobody.
    pub(super) fn aside(&mut self, from: From, what: What<'p, 'a>) {
        self.later.push_back(Later { from, what, back: None, in_loop: self.in_loop, within: None });
    }

    fn publish(&mut self, target: &Target<'a>) {
        if let Some((_, publish)) = self.wiring.queue(target) {
            let (link, policy) = self.link(publish, target);
            self.emit_call(link, policy);
        }
    }

    fn parallel(&mut self, branches: &'p [Vec<StepSpec<'a>>], need: u32) {
        let placeholder = Branch::Program(Pc::FAIL);
        let fork = self.wiring.builder.fork(Fork { branches: vec![placeholder; branches.len()], need });
        self.emit(Step::Fork { fork, failed: Pc::FAIL });
        let within = self.within;
        self.within = within.map(|within| Within { forked: true, ..within });
        for (i, steps) in branches.iter().enumerate() {
            // A plain call needs no program of its own.
            if let [StepSpec::Call(target)] = steps.as_slice()
                && let Some((link, policy)) = self.resolve_call(target)
                && !policy.has_substitute()
            {
                self.wiring.builder.plan_mut().forks[fork.index()].branches[i] = Branch::Call(link);
                continue;
            }
            self.branch(fork, i, What::Steps(steps));
        }
        self.within = within;
    }

    fn branch(&mut self, fork: ForkId, index: usize, what: What<'p, 'a>) {
        let from = From::Branch(fork, index);
        self.later.push_back(Later { from, what, back: None, in_loop: false, within: self.within });
    }

    fn repeat(&mut self, times: Count, steps: &'p [StepSpec<'a>]) {
        if self.in_loop {
            let placeholder = Branch::Program(Pc::FAIL);
            let fork = self.wiring.builder.fork(Fork { branches: vec![placeholder], need: 1 });
            self.emit(Step::Fork { fork, failed: Pc::FAIL });
            return self.branch(fork, 0, What::Loop(times, steps));
        }
        self.loop_of(times, steps);
    }

    fn loop_of(&mut self, times: Count, steps: &'p [StepSpec<'a>]) {
        let begin = self.emit(Step::Repeat { times, end: Pc::FAIL });
        let body = self.here();
        self.in_loop = true;
        self.block(steps);
        self.in_loop = false;
        self.emit(Step::Again { body });
        let end = self.here();
        self.wiring.builder.patch(begin, Step::Repeat { times, end });
    }

    fn chance(&mut self, p: f64, steps: &'p [StepSpec<'a>], otherwise: &'p [StepSpec<'a>]) {
        let at = self.emit(Step::Chance { p, otherwise: Pc::FAIL });
        self.block(steps);
        if otherwise.is_empty() {
            let next = self.here();
            self.point(&From::Step(at), next);
        } else {
            self.later(From::Step(at), What::Steps(otherwise));
        }
    }

    fn choose(&mut self, cases: &'p [(f64, Vec<StepSpec<'a>>)]) {
        let shares = cases.iter().map(|(up_to, _)| (*up_to, Pc::FAIL)).collect();
        let switch = self.wiring.builder.switch(Switch { cases: shares });
        self.emit(Step::Switch { switch });
        for (i, (_, steps)) in cases.iter().enumerate() {
            self.later(From::Case(switch, i), What::Steps(steps));
        }
    }

    /// Writes a stretch that stands apart.
    fn apart(&mut self, later: Later<'p, 'a>) {
        let here = self.here();
        self.point(&later.from, here);
        (self.in_loop, self.within) = (later.in_loop, later.within);
        match later.what {
            What::Steps(steps) => self.block(steps),
            What::Loop(times, steps) => self.loop_of(times, steps),
            What::Substitute(policy) => self.substitute(&policy),
            What::Miss(miss) => self.miss(miss),
        }
        match later.back {
            Some(back) => self.emit(Step::Jump { to: back }),
            None => self.emit(Step::Return),
        };
    }

    /// Makes something point to a stretch.
    fn point(&mut self, from: &From, to: Pc) {
        let plan = self.wiring.builder.plan_mut();
        match *from {
            From::Case(switch, i) => plan.switches[switch.index()].cases[i].1 = to,
            From::Branch(fork, i) => plan.forks[fork.index()].branches[i] = Branch::Program(to),
            From::Step(at) => point_step(&mut plan.steps[at.index()], to),
            From::Miss(call, at) => {
                if let Some(call) = call {
                    point_step(&mut plan.steps[call.index()], to);
                }
                match &mut plan.steps[at.index()] {
                    Step::Look { look, .. } => plan.looks[look.index()].miss = to,
                    step => point_step(step, to),
                }
            }
            From::Refresh(look) => plan.looks[look.index()].refresh = to,
            From::Later(at) => {
                if let Step::Defer { program, .. } = &mut plan.steps[at.index()] {
                    *program = to;
                }
            }
        }
    }

    fn substitute(&mut self, policy: &Policy<'a>) {
        let link = match &policy.fallback {
            Some(Some(Fallback::Call(target))) => self.resolve_call(target),
            Some(Some(Fallback::Stale(target))) => self.wiring.cache(target).map(|(get, _)| self.link(get, target)),
            _ => None,
        };
        if let Some((link, _)) = link {
            let next = Pc::new(self.here().index() + 1);
            // An optional call may lose its substitute too; otherwise the request fails with it.
            let failed = if policy.optional == Some(true) { next } else { Pc::FAIL };
            self.emit(Step::Call { link, failed });
        }
        self.emit(Step::Degrade);
    }
}

fn point_step(step: &mut Step, to: Pc) {
    match step {
        Step::Call { failed, .. } | Step::Fork { failed, .. } => *failed = to,
        Step::Chance { otherwise, .. } => *otherwise = to,
        Step::Lookup { miss, .. } => *miss = to,
        Step::Defer { full, .. } => *full = to,
        other => debug_assert!(false, "{other:?} points nowhere"),
    }
}
