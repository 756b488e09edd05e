//! Traffic: when requests come, and what they ask for.

use super::agenda::{Class, Kind};
use super::call::{Made, Parent};
use super::frame::{ASKED, COUNTED, Frame, NONE};
use super::outcome::Outcome;
use super::probe::{Maker, Mark, Probe};
use super::world::{Ready, World};
use crate::plan::{Arrivals, LinkId, SourceId};
use crate::random::{Lot, Stream};
use crate::units::{NANOS, SimDuration, SimTime};
use std::collections::VecDeque;

/// The state of a source.
#[derive(Clone, Debug)]
pub(super) struct SourceState {
    /// Draws of the gaps between requests, or of the time users think.
    pub arrivals: Stream,
    /// Draws of the requests' own lots.
    lots: Stream,
    /// Mean time between requests in nanoseconds, of a Poisson process whose rate does not change by itself.
    gap: Option<f64>,
    /// When the next evenly spaced request comes, in nanoseconds; kept as a fraction so that no drift adds up.
    next: f64,
    /// Stamp of the event of the next request.
    pub wake: u32,
    /// Its rate changes by itself: the slower way to the next request.
    pub varies: bool,
    /// Its users are so many: what they do next depends on the answer.
    pub awaits: bool,
    /// Recorded requests that have come.
    pub replayed: usize,
    pub burst: Burst,
    /// Users who are there, where their number changes or is limited.
    pub users: u32,
    /// Requests whose time has come while no user was free.
    backlog: VecDeque<Meant>,
}

/// Whether a burst is on, and until when.
#[derive(Clone, Debug)]
pub(super) struct Burst {
    pub on: bool,
    pub until: u64,
    pub stream: Stream,
}

/// A request that was meant to start.
#[derive(Clone, Copy, Debug)]
struct Meant {
    at: u64,
    lot: Lot,
    asked: u32,
    counted: bool,
}

/// The number of a request's choice of what to ask for, apart from all steps.
const MIX_CHOICE: u32 = u32::MAX;

impl World<'_> {
    pub(super) fn build_sources(&mut self, seed: u64, replication: u32) {
        for (s, source) in self.plan.sources.iter().enumerate() {
            let stream = |purpose| Stream::new(seed, replication, &source.name, purpose);
            self.sources.push(SourceState {
                arrivals: stream("arrivals"),
                lots: stream("requests"),
                gap: None,
                next: 0.0,
                wake: 0,
                varies: source.profile.is_some() || source.bursts.is_some(),
                awaits: source.max_users.is_some() || matches!(source.arrivals, Arrivals::Closed { .. }),
                replayed: 0,
                burst: Burst { on: false, until: 0, stream: stream("bursts") },
                users: 0,
                backlog: VecDeque::new(),
            });
            self.set_pace(s);
            match source.arrivals {
                Arrivals::Poisson(_) | Arrivals::Constant(_) => self.schedule_next(s as u32),
                Arrivals::Recorded(_) => {}
                Arrivals::Closed { .. } if source.profile.is_some() => self.gather(s as u32),
                Arrivals::Closed { users, .. } => {
                    // A load above zero leaves at least one user.
                    let users = (f64::from(users) * self.knobs.load).round().max(1.0) as u32;
                    for _ in 0..users {
                        self.think(s as u32);
                    }
                }
            }
        }
    }

    /// Follows the load.
    pub(super) fn set_pace(&mut self, s: usize) {
        let state = &mut self.sources[s];
        state.gap = match self.plan.sources[s].arrivals {
            Arrivals::Poisson(rate) if rate > 0.0 && !state.varies => Some(NANOS as f64 / (rate * self.knobs.load)),
            _ => None,
        };
    }

    #[inline]
    pub(super) fn schedule_next(&mut self, s: u32) {
        let state = &mut self.sources[s as usize];
        if let Some(gap) = state.gap {
            let after = (state.arrivals.exponential() * gap) as i64 as u64;
            state.wake = self.agenda.schedule_next(self.now.saturating_add(after), Class::Arrival, Kind::Source, s);
            return;
        }
        if state.varies {
            return self.schedule_varying(s);
        }
        let gap = |rate: f64| NANOS as f64 / (rate * self.knobs.load);
        let after = match &self.plan.sources[s as usize].arrivals {
            Arrivals::Constant(rate) if *rate > 0.0 => {
                state.next = state.next.max(self.now as f64 - 1.0) + gap(*rate);
                (state.next.round() as u64).saturating_sub(self.now)
            }
            Arrivals::Recorded(times) => {
                let Some(time) = times.get(state.replayed) else { return };
                let due = self.measured_from.unwrap_or(0) as f64 + time.0 as f64 / self.knobs.load;
                state.replayed += 1;
                (due as u64).saturating_sub(self.now)
            }
            _ => return,
        };
        state.wake = self.agenda.schedule_next(self.now.saturating_add(after), Class::Arrival, Kind::Source, s);
    }

    pub(super) fn think(&mut self, s: u32) {
        if let Arrivals::Closed { think, .. } = self.plan.sources[s as usize].arrivals {
            let d = self.plan.dists[think.index()].sample(&mut self.sources[s as usize].arrivals);
            self.schedule(d.0, Class::Arrival, Kind::User, s);
        }
    }

    /// An open source's next request. Returns its frame if it can run.
    #[inline(never)]
    pub(super) fn source_due<P: Probe>(&mut self, s: u32, probe: &mut P) -> u32 {
        self.schedule_next(s);
        self.ask(s, probe)
    }

    /// A user of a closed source has thought enough.
    #[inline(never)]
    pub(super) fn user_due<P: Probe>(&mut self, s: u32, probe: &mut P) -> u32 {
        self.ask(s, probe)
    }

    /// A user asks for something. Returns the request's frame if it can run at once, and before anything else.
    #[inline(always)]
    fn ask<P: Probe>(&mut self, s: u32, probe: &mut P) -> u32 {
        let lot = Lot(self.sources[s as usize].lots.bits());
        let source = &self.plan.sources[s as usize];
        let mix = &source.mix;
        let asked = if mix.len() == 1 {
            0
        } else {
            let u = lot.unit(MIX_CHOICE);
            mix.partition_point(|(up_to, _)| *up_to <= u).min(mix.len() - 1)
        };
        self.tallies.sources[s as usize][asked][usize::from(self.counting)].offered += 1;
        let meant = Meant { at: self.now, lot, asked: asked as u32, counted: self.counting };
        if let Some(most) = source.max_users {
            let state = &mut self.sources[s as usize];
            if state.users >= most {
                state.backlog.push_back(meant);
                self.backlogged += 1;
                self.tallies.late[s as usize][usize::from(self.counting)] += 1;
                return NONE;
            }
            state.users += 1;
        }
        self.start(s, meant, probe)
    }

    /// Returns the request's frame if it can run.
    #[inline(always)]
    fn start<P: Probe>(&mut self, s: u32, meant: Meant, probe: &mut P) -> u32 {
        let link = self.plan.sources[s as usize].mix[meant.asked as usize].1;
        let Meant { at, lot, asked, counted } = meant;
        let route = &self.routes[link.index()];
        if route.plain && at == self.now {
            return self.ask_plainly(s, link, meant, probe);
        }
        let made = Made { parent: Parent::User(s, asked), lot, replica: 0, start: at, counted };
        if route.straight {
            return self.call_straight(link, made, probe);
        }
        self.new_call(link, made, probe);
        NONE
    }

    /// Sends the request of a user who tries once and waits for ever: its frame is all there is to keep.
    #[inline(always)]
    fn ask_plainly<P: Probe>(&mut self, s: u32, link: LinkId, meant: Meant, probe: &mut P) -> u32 {
        let route = &self.routes[link.index()];
        let entry = route.entry;
        let tally = &mut self.tallies.edges[route.edge as usize][usize::from(meant.counted)];
        tally.calls += 1;
        tally.attempts += 1;
        let priority = if self.ranks { self.priority_of(Parent::User(s, meant.asked)) } else { 0 };
        let flags = ASKED | priority | if meant.counted { COUNTED } else { 0 };
        let (f, frame) = self.frames.claim(Frame::EMPTY);
        // As a call's first try.
        frame.begin(meant.lot.child(1), entry, link, flags);
        (frame.parent, frame.parent_ticket) = (s, meant.asked);
        let maker = Maker::User(SourceId(s), meant.asked);
        probe.marks(SimTime(self.now), Mark::Sent { frame: f, link, maker });
        self.arrive_here(f, probe)
    }

    /// The reply to such a request has come.
    pub(super) fn asked_ended<P: Probe>(&mut self, f: u32, probe: &mut P) {
        let frame = &self.frames[f];
        let (s, asked, counted, outcome) = (frame.parent, frame.parent_ticket, frame.has(COUNTED), frame.outcome);
        if !outcome.is_good() {
            let edge = self.routes[frame.link as usize].edge as usize;
            self.tallies.edges[edge][usize::from(counted)].failed += 1;
        }
        self.answer(s, asked, frame.entered, counted, outcome, probe);
    }

    /// A user has an answer, or has given up. Latency counts from when the request was meant to start.
    #[inline(always)]
    pub(super) fn answer<P: Probe>(
        &mut self,
        s: u32,
        asked: u32,
        start: u64,
        counted: bool,
        outcome: Outcome,
        probe: &mut P,
    ) {
        let latency = SimDuration(self.now - start);
        self.tallies.sources[s as usize][asked as usize][usize::from(counted)].end(outcome, latency);
        if counted {
            probe.answered(SourceId(s), asked as usize, outcome, latency);
        }
        let state = &mut self.sources[s as usize];
        if !state.awaits {
            return;
        }
        let source = &self.plan.sources[s as usize];
        if source.max_users.is_some() {
            // Not at once: when everything fails at once, the answers would nest without end.
            match state.backlog.is_empty() {
                true => state.users -= 1,
                false => self.ready.push(Ready::Start(s)),
            }
        } else if source.profile.is_none() || self.is_wanted_back(s) {
            self.think(s);
        }
    }

    /// The user who has become free takes the request that has waited longest.
    pub(super) fn start_waiting<P: Probe>(&mut self, s: u32, probe: &mut P) {
        if let Some(meant) = self.sources[s as usize].backlog.pop_front() {
            self.backlogged -= 1;
            let f = self.start(s, meant, probe);
            self.run_last(f);
        }
    }

    /// Requests whose time has come while no user was free.
    pub(super) fn not_started(&self, s: usize) -> u64 {
        self.sources[s].backlog.len() as u64
    }
}
