//! The probe that writes requests down.

use super::keep::{Keeper, Targets};
use super::{Entry, MOST_AT_ONCE, MOST_IN_ALL, MOST_SPANS, Span, Trace, Traces, What};
use crate::engine::{Maker, Mark, Outcome, Probe};
use crate::plan::{LinkId, Plan, SourceId, Step};
use crate::units::{SimDuration, SimTime};
use std::collections::BTreeMap;

/// Writes down every request that begins in a time, and keeps some.
pub(super) struct Recorder<'p> {
    plan: &'p Plan,
    /// Requests that were meant to start from here on are recorded,
    from: SimTime,
    /// up to here.
    until: SimTime,
    slots: Vec<Slot>,
    free: Vec<u32>,
    frames: Vec<FrameState>,
    calls: Vec<CallState>,
    keepers: Vec<Vec<Keeper>>,
    /// Who published the messages that may still be delivered, by their lots.
    published: BTreeMap<u64, At>,
    /// When there are so many, those that matter no longer are forgotten.
    most_published: usize,
    /// Who published the message that is being delivered.
    delivers: Option<At>,
    /// Requests that began.
    begun: u64,
    passed_over: u64,
    /// Spans of all requests that are recorded.
    spans: usize,
    left: Vec<u32>,
}

/// So many messages are remembered before it is asked which of them matter.
const LEAST_MESSAGES: usize = 10_000;

/// A place for a request.
#[derive(Default)]
struct Slot {
    /// Tells it from those that had the place before.
    serial: u32,
    /// For how many things it is kept, once more while it goes on.
    kept: u32,
    trace: Trace,
}

/// A span of a request that may be recorded no longer.
#[derive(Clone, Copy)]
struct At {
    slot: u32,
    serial: u32,
    span: u32,
}

/// What is known of a frame.
#[derive(Clone, Copy, Default)]
struct FrameState {
    /// The try that sent it.
    sent_by: Option<At>,
    /// The user's request, if its user keeps no record of the call.
    root: Option<At>,
    /// The try has no record of its own: it ends with the reply.
    ends_try: bool,
    link: LinkId,
    /// Where it is served.
    served: Option<At>,
    branch: bool,
    /// The step it is at, since when; `None` while it waits for its first.
    step: Option<u32>,
    /// What its work at this step takes by itself.
    work: Option<SimDuration>,
    since: SimTime,
}

/// What is known of a call.
#[derive(Clone, Copy, Default)]
struct CallState {
    of: Option<At>,
    user: bool,
    /// It hands out a message.
    delivers: bool,
    link: LinkId,
    /// The try under way.
    attempt: Option<At>,
    /// It has been sent; before, it waits for a permit or a connection.
    sent: bool,
}

/// The item at a place, which is made if it is not there.
fn at_mut<T: Default>(list: &mut Vec<T>, place: u32) -> &mut T {
    let place = place as usize;
    if list.len() <= place {
        list.resize_with(place + 1, T::default);
    }
    &mut list[place]
}

impl<'p> Recorder<'p> {
    pub(super) fn new(plan: &'p Plan, targets: Targets, from: SimTime, until: SimTime) -> Recorder<'p> {
        let keepers = targets.0.into_iter().map(|mix| mix.into_iter().map(Keeper::new).collect()).collect();
        Recorder {
            plan,
            from,
            until,
            slots: Vec::new(),
            free: Vec::new(),
            frames: Vec::new(),
            calls: Vec::new(),
            keepers,
            published: BTreeMap::new(),
            most_published: LEAST_MESSAGES,
            delivers: None,
            begun: 0,
            passed_over: 0,
            spans: 0,
            left: Vec::new(),
        }
    }

    /// What was kept when the run ended.
    pub(super) fn finish(mut self, now: SimTime) -> Traces {
        let mut kept: Vec<(u64, u32)> = Vec::new();
        for (place, slot) in self.slots.iter_mut().enumerate() {
            let open = slot.trace.spans.iter_mut().filter(|span| span.outcome.is_none());
            open.for_each(|span| span.end = now);
            if slot.kept > 0 && slot.trace.outcome().is_some() {
                kept.push((slot.trace.number, place as u32));
            }
        }
        kept.sort_unstable();
        let position = |place: u32| kept.iter().position(|(_, other)| *other == place).unwrap_or_default();
        let entries = self.keepers.iter().enumerate().flat_map(|(s, mix)| {
            let entry = move |asked| Entry { source: SourceId::new(s), asked, ..Entry::default() };
            mix.iter().enumerate().map(move |(asked, keeper)| (entry(asked), keeper))
        });
        let entries = entries.map(|(entry, keeper)| keeper.finish(entry, &position)).collect();
        let slots = &mut self.slots;
        let traces = kept.iter().map(|(_, place)| std::mem::take(&mut slots[*place as usize].trace)).collect();
        Traces { traces, entries, start: self.from, length: self.until.since(self.from), passed_over: self.passed_over }
    }

    /// A user's request begins, if it is one of those that are recorded.
    fn begin(&mut self, source: SourceId, asked: u32, start: SimTime) -> Option<At> {
        if start < self.from || start >= self.until {
            return None;
        }
        let number = self.begun;
        self.begun += 1;
        if self.slots.len() - self.free.len() >= MOST_AT_ONCE || self.spans >= MOST_IN_ALL {
            self.passed_over += 1;
            return None;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[place as usize];
        slot.serial = slot.serial.wrapping_add(1);
        slot.kept = 1;
        let trace = &mut slot.trace;
        trace.spans.clear();
        (trace.source, trace.asked, trace.number, trace.cut) = (source, asked as usize, number, false);
        let nothing = At { slot: place, serial: slot.serial, span: 0 };
        self.open(nothing, None, What::Asked, start)
    }

    fn slot(&mut self, at: At) -> Option<&mut Slot> {
        self.slots.get_mut(at.slot as usize).filter(|slot| slot.serial == at.serial && slot.kept > 0)
    }

    fn span(&mut self, at: At) -> Option<&mut Span> {
        self.slot(at)?.trace.spans.get_mut(at.span as usize)
    }

    /// A new span of the request that `of` belongs to.
    fn open(&mut self, of: At, parent: Option<u32>, what: What, start: SimTime) -> Option<At> {
        let slot = self.slot(of)?;
        if slot.trace.spans.len() >= MOST_SPANS {
            slot.trace.cut = true;
            return None;
        }
        let (waited, worked, work) = (SimDuration::ZERO, Vec::new(), SimDuration::ZERO);
        let (end, outcome, held) = (start, None, None);
        slot.trace.spans.push(Span { parent, what, start, end, outcome, waited, attempt: 0, worked, work, held });
        let span = (slot.trace.spans.len() - 1) as u32;
        self.spans += 1;
        Some(At { span, ..of })
    }

    fn open_try(&mut self, of: At, what: What, attempt: u32, now: SimTime) -> Option<At> {
        let opened = self.open(of, Some(of.span), what, now)?;
        if let Some(span) = self.span(opened) {
            span.attempt = attempt;
        }
        Some(opened)
    }

    fn close(&mut self, at: Option<At>, now: SimTime, outcome: Outcome) {
        if let Some(span) = at.and_then(|at| self.span(at)).filter(|span| span.outcome.is_none()) {
            (span.end, span.outcome) = (now, Some(outcome));
        }
    }

    /// A user's request has ended: it is kept if it is one of the chosen.
    fn answered(&mut self, root: At, now: SimTime, outcome: Outcome) {
        self.close(Some(root), now, outcome);
        let Some(slot) = self.slots.get_mut(root.slot as usize).filter(|slot| slot.serial == root.serial) else {
            return;
        };
        let trace = &slot.trace;
        let keeper = &mut self.keepers[trace.source.index()][trace.asked];
        slot.kept += keeper.offer((outcome, trace.latency(), trace.number), root.slot, &mut self.left);
        self.left.push(root.slot);
        while let Some(place) = self.left.pop() {
            let slot = &mut self.slots[place as usize];
            slot.kept -= 1;
            if slot.kept == 0 {
                self.spans -= slot.trace.spans.len();
                slot.trace.spans.clear();
                self.free.push(place);
            }
        }
    }

    /// A call begins.
    fn calls(&mut self, call: u32, link: LinkId, maker: Maker, start: SimTime) {
        let of = match maker {
            Maker::User(source, asked) => self.begin(source, asked, start),
            Maker::Frame(f) => at_mut(&mut self.frames, f).served,
            Maker::Message => self.delivers.take(),
            Maker::Call(_) | Maker::Nobody => None,
        };
        let (user, delivers) = (matches!(maker, Maker::User(..)), maker == Maker::Message);
        *at_mut(&mut self.calls, call) = CallState { of, user, delivers, link, attempt: None, sent: false };
    }

    /// A request publishes a message, which may be handed out long after the request is over.
    fn publishes(&mut self, frame: u32, message: u64) {
        let Some(by) = at_mut(&mut self.frames, frame).served else { return };
        if self.published.len() >= self.most_published {
            // Those of requests that are not kept are of no use.
            let slots = &self.slots;
            let lives = |at: &At| slots[at.slot as usize].serial == at.serial && slots[at.slot as usize].kept > 0;
            self.published.retain(|_, at| lives(at));
            self.most_published = LEAST_MESSAGES.max(2 * self.published.len());
        }
        self.published.insert(message, by);
    }

    fn tries(&mut self, call: u32, attempt: u32, now: SimTime) {
        let CallState { of, link, delivers, .. } = *at_mut(&mut self.calls, call);
        let what = if delivers { What::Delivery(link) } else { What::Try(link) };
        let opened = of.and_then(|of| self.open_try(of, what, attempt, now));
        let state = at_mut(&mut self.calls, call);
        (state.attempt, state.sent) = (opened, false);
    }

    /// A try is over for its caller. What was never sent has only waited.
    fn try_over(&mut self, call: u32, now: SimTime, outcome: Outcome) {
        let state = at_mut(&mut self.calls, call);
        let (attempt, sent) = (state.attempt.take(), state.sent);
        if let Some(span) = attempt.and_then(|at| self.span(at)).filter(|_| !sent) {
            span.waited = now.since(span.start);
        }
        self.close(attempt, now, outcome);
    }

    fn call_ended(&mut self, call: u32, now: SimTime, outcome: Outcome) {
        self.try_over(call, now, outcome);
        let state = std::mem::take(at_mut(&mut self.calls, call));
        if let Some(root) = state.of.filter(|_| state.user) {
            self.answered(root, now, outcome);
        }
    }

    /// A request is sent.
    fn sent(&mut self, frame: u32, link: LinkId, maker: Maker, now: SimTime) {
        let mut state = FrameState { link, since: now, ..FrameState::default() };
        match maker {
            Maker::Call(call) => {
                let of = at_mut(&mut self.calls, call);
                state.sent_by = of.attempt;
                // Copies that follow are part of the same try.
                let first = !std::mem::replace(&mut of.sent, true);
                if let Some(span) = state.sent_by.and_then(|at| self.span(at)).filter(|_| first) {
                    span.waited = now.since(span.start);
                }
            }
            Maker::User(source, asked) => {
                state.root = self.begin(source, asked, now);
                state.sent_by = state.root.and_then(|root| self.open_try(root, What::Try(link), 1, now));
                state.ends_try = true;
            }
            Maker::Frame(f) => {
                let of = at_mut(&mut self.frames, f).served;
                state.sent_by = of.and_then(|of| self.open_try(of, What::Try(link), 1, now));
                state.ends_try = true;
            }
            Maker::Message | Maker::Nobody => {}
        }
        *at_mut(&mut self.frames, frame) = state;
    }

    fn arrives(&mut self, frame: u32, now: SimTime) {
        let state = *at_mut(&mut self.frames, frame);
        let Some(by) = state.sent_by else { return };
        let what = What::Served(self.plan.links[state.link.index()].to);
        let served = self.open(by, Some(by.span), what, now);
        *at_mut(&mut self.frames, frame) = FrameState { served, since: now, ..state };
    }

    /// A frame has left the step it was at: what it did meanwhile. `to` is the step it is at now.
    fn leaves(&mut self, frame: u32, now: SimTime, to: Option<u32>) {
        let state = at_mut(&mut self.frames, frame);
        let Some(served) = state.served else { return };
        let (step, since, branch, work) = (state.step, state.since, state.branch, state.work.take());
        (state.step, state.since) = (to, now);
        let steps = &self.plan.steps;
        let kind = step.and_then(|pc| steps.get(pc as usize));
        let Some(span) = self.span(served) else { return };
        match kind {
            None if !branch => span.waited += now.since(since),
            // Work that begins again at itself has only waited for a worker.
            Some(Step::Work { .. }) if step == to => span.waited += now.since(since),
            Some(Step::Work { .. } | Step::Sleep { .. }) if now > since => {
                let all = now.since(since);
                span.work += work.map_or(all, |work| work.min(all));
                match span.worked.last_mut() {
                    Some(last) if last[1] == since => last[1] = now,
                    _ => span.worked.push([since, now]),
                }
            }
            Some(Step::Hold) => {
                span.held = Some([since, now]);
                let by = span.parent;
                if let Some(by) = by.and_then(|span| self.span(At { span, ..served })) {
                    by.held = Some([since, now]);
                }
            }
            _ => {}
        }
    }

    fn served(&mut self, frame: u32, now: SimTime, outcome: Outcome) {
        self.leaves(frame, now, None);
        let state = at_mut(&mut self.frames, frame);
        let served = state.served.take().filter(|_| !state.branch);
        self.close(served, now, outcome);
    }

    fn replied(&mut self, frame: u32, now: SimTime, outcome: Outcome) {
        if at_mut(&mut self.frames, frame).served.is_some() {
            self.served(frame, now, outcome);
        }
        let state = std::mem::take(at_mut(&mut self.frames, frame));
        if state.ends_try {
            self.close(state.sent_by, now, outcome);
        }
        if let Some(root) = state.root {
            self.answered(root, now, outcome);
        }
    }
}

impl Probe for Recorder<'_> {
    fn marks(&mut self, now: SimTime, mark: Mark) {
        match mark {
            Mark::Calls { call, link, maker, start } => self.calls(call, link, maker, start),
            Mark::Tries { call, attempt } => self.tries(call, attempt, now),
            Mark::TryFailed { call, cause } => self.try_over(call, now, Outcome::Failed(cause)),
            Mark::CallEnded { call, outcome } => self.call_ended(call, now, outcome),
            Mark::Sent { frame, link, maker } => self.sent(frame, link, maker, now),
            Mark::Publishes { frame, message } => self.publishes(frame, message),
            Mark::Delivers { message } => self.delivers = self.published.get(&message).copied(),
            Mark::Branches { frame, of } => {
                let served = at_mut(&mut self.frames, of).served;
                *at_mut(&mut self.frames, frame) =
                    FrameState { served, branch: true, since: now, ..FrameState::default() };
            }
            Mark::Arrives { frame } => self.arrives(frame, now),
            Mark::Runs { frame, pc } => self.leaves(frame, now, Some(pc)),
            Mark::Works { frame, time } => at_mut(&mut self.frames, frame).work = Some(time),
            Mark::Served { frame, outcome } => self.served(frame, now, outcome),
            Mark::Replied { frame, outcome } => self.replied(frame, now, outcome),
        }
    }
}
