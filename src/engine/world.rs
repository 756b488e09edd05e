//! The state of a simulation, and the loop that takes one event after the other.

use super::agenda::{Agenda, Class, Key, Kind};
use super::away::Troubles;
use super::cache::{CacheState, Load, Waiter};
use super::call::{Call, State};
use super::cancel::{Family, Notice};
use super::edge::{EdgeState, Instance};
use super::fleet::FleetState;
use super::frame::{Arena, Frame, NONE};
use super::holdings::{Holdings, LockState};
use super::lanes::{Lane, Purpose, Timer};
use super::limiter::{Door, Hall};
use super::limits::{BETWEEN_LOOKS, Limits, Stop, Watch};
use super::probe::Probe;
use super::program::{Op, compile};
use super::replication::ReplicationState;
use super::route::Route;
use super::source::SourceState;
use super::station::{Slot, StationState};
use super::tally::Tallies;
use super::topic::{Batch, Message, Stage, TopicState};
use crate::plan::{Knobs, Plan, Priority};
use crate::units::{SimDuration, SimTime};

/// A running simulation of one plan. Cloning it forks the run: both copies go on identically until something differs.
#[derive(Clone)]
pub struct World<'p> {
    pub(super) plan: &'p Plan,
    pub(super) now: u64,
    pub(super) agenda: Agenda,
    pub(super) lanes: Vec<Lane>,
    pub(super) frames: Arena<Frame>,
    pub(super) calls: Arena<Call>,
    pub(super) messages: Arena<Message>,
    pub(super) stations: Vec<StationState>,
    pub(super) slots: Vec<Slot>,
    /// For each station, if its replicas come and go.
    pub(super) fleets: Vec<Option<Box<FleetState>>>,
    /// Replicas that finish what they have begun.
    pub(super) draining: usize,
    /// Some station learns from how its requests end.
    pub(super) watches: bool,
    pub(super) halls: Vec<Hall>,
    pub(super) doors: Vec<Door>,
    /// How many were in flight on its replica when a frame was let in, for those that a limit counts.
    pub(super) seats: Vec<u32>,
    pub(super) edges: Vec<EdgeState>,
    pub(super) instances: Vec<Instance>,
    pub(super) topics: Vec<TopicState>,
    pub(super) batches: Vec<Batch>,
    pub(super) sources: Vec<SourceState>,
    /// Caches with keys.
    pub(super) caches: Vec<Option<Box<CacheState>>>,
    /// Requests whose time has come while no user was free.
    pub(super) backlogged: usize,
    pub(super) locks: Vec<LockState>,
    pub(super) holdings: Holdings,
    pub(super) replications: Vec<ReplicationState>,
    pub(super) loads: Arena<Load>,
    pub(super) waiters: Arena<Waiter>,
    /// The innermost load of each frame that has one.
    pub(super) loading: Vec<u32>,
    pub(super) routes: Vec<Route>,
    pub(super) program: Vec<Op>,
    pub(super) troubles: Troubles,
    pub(super) knobs: Knobs,
    pub(super) tallies: Tallies,
    /// Requests that arrive now belong to the measured part.
    pub(super) counting: bool,
    /// When the measured part began, if it has.
    pub(super) measured_from: Option<u64>,
    /// Some traffic is more or less important than other.
    pub(super) ranks: bool,
    /// Some edge tells its callee until when it waits.
    pub(super) propagates: bool,
    /// Some edge tells its callee when it gives up; then `family` is kept.
    pub(super) cancels: bool,
    pub(super) family: Family,
    pub(super) notices: Arena<Notice>,
    /// What can go on at this instant, first come first served.
    pub(super) ready: Vec<Ready>,
    pub(super) watch: Watch,
}

/// Something that can go on at once.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ready {
    /// A frame runs its next step.
    Run(u32),
    /// A call that was given a permit or a connection goes on, if it still carries this ticket.
    Granted(u32, u32),
    /// A call makes its next try, likewise.
    Try(u32, u32),
    /// A frame that has left its line is shed, if it still carries this ticket.
    Shed(u32, u32),
    /// A replica dies, with what it was doing.
    Bury(u32),
    /// A user of a source is free for a request that waits.
    Start(u32),
    /// A topic hands out messages.
    Dispatch(u32),
    /// What stood here was cancelled.
    Nothing,
}

impl<'p> World<'p> {
    /// An idle system at time zero, whose sources are about to begin. The same arguments give the same run.
    pub fn new(plan: &'p Plan, load: f64, seed: u64, replication: u32) -> World<'p> {
        let knobs = Knobs::baseline(plan, load);
        let mut world = World {
            plan,
            now: 0,
            agenda: Agenda::default(),
            lanes: Vec::new(),
            frames: Arena::new(),
            calls: Arena::new(),
            messages: Arena::new(),
            stations: Vec::new(),
            slots: Vec::new(),
            fleets: Vec::new(),
            draining: 0,
            watches: false,
            halls: Vec::new(),
            doors: Vec::new(),
            seats: Vec::new(),
            edges: Vec::new(),
            instances: Vec::new(),
            topics: plan.topics.iter().map(TopicState::new).collect(),
            batches: Vec::new(),
            sources: Vec::new(),
            caches: Vec::new(),
            backlogged: 0,
            locks: plan.locks.iter().map(|lock| LockState::new(lock.keys.count)).collect(),
            holdings: Holdings::new(),
            replications: Vec::new(),
            loads: Arena::new(),
            waiters: Arena::new(),
            loading: Vec::new(),
            routes: Vec::new(),
            program: compile(plan),
            troubles: Troubles::default(),
            tallies: Tallies::of(plan),
            knobs,
            counting: false,
            measured_from: None,
            ranks: plan.sources.iter().any(|s| s.priority != Priority::Normal),
            propagates: plan.edges.iter().any(|e| e.propagate_deadline),
            cancels: plan.edges.iter().any(|e| e.cancellation),
            family: Family::default(),
            notices: Arena::new(),
            ready: Vec::new(),
            watch: Watch::default(),
        };
        world.build_stations(seed, replication);
        world.build_fleets(seed, replication);
        world.build_doors(seed, replication);
        world.build_edges(seed, replication);
        world.look_at_stations();
        world.build_lanes();
        world.set_routes();
        world.build_caches(seed, replication);
        world.build_replication(seed, replication);
        world.build_sources(seed, replication);
        world.build_batches(seed, replication);
        world
    }

    /// The time reached.
    pub fn now(&self) -> SimTime {
        SimTime(self.now)
    }

    /// The plan it runs.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// What has been counted so far.
    pub fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// Requests that arrive from now on belong to the measured part, or no longer do.
    pub fn count(&mut self, on: bool) {
        self.counting = on;
        if on && self.measured_from.is_none() {
            self.measured_from = Some(self.now);
            for tally in &mut self.tallies.stations {
                tally.ready_range = [tally.replicas.level; 2];
            }
            self.begin_courses();
        }
    }

    /// Counted user requests that have not ended.
    pub fn counted_in_flight(&self) -> u64 {
        self.tallies.sources.iter().flatten().map(|pair| pair[1].in_flight()).sum()
    }

    /// Replicas of a station that are up.
    pub fn up(&self, station: usize) -> u32 {
        self.stations[station].up.len() as u32
    }

    /// Core time used at a station until now, over all its replicas, in core-nanoseconds; 0 where it has no cores.
    pub fn core_time(&self, station: usize) -> f64 {
        if self.plan.stations[station].cores.is_none() {
            return 0.0;
        }
        let state = &self.stations[station];
        (state.first_slot..state.first_slot + state.slots)
            .map(|slot| self.slots[slot as usize].cpu.as_ref().map_or(0.0, |cpu| cpu.used_at(self.now)))
            .sum()
    }

    /// Handles all events strictly before `until`, which is then the time. Ends early at a limit.
    pub fn run_until<P: Probe>(&mut self, until: SimTime, limits: &Limits, probe: &mut P) -> Option<Stop> {
        let end = Key::before(until.0);
        self.watch.limits = *limits;
        if self.watch.broken.is_some() {
            return self.watch.broken;
        }
        loop {
            // At the same events however often it is called, so that a fork ends where the whole run would have.
            let look = (self.tallies.events / BETWEEN_LOOKS + 1) * BETWEEN_LOOKS;
            let pause = limits.events.min(look);
            while self.tallies.events < pause {
                let Some(key) = self.agenda.pop_below(end) else {
                    self.now = until.0;
                    return None;
                };
                self.now = key.time();
                self.tallies.events += 1;
                probe.turns_to(key.kind().name());
                let first = self.handle(key, probe);
                if (first != NONE || !self.ready.is_empty()) && !self.go(first, probe) {
                    return self.watch.broken;
                }
            }
            if let Some(stop) = self.limit_met(BETWEEN_LOOKS) {
                return Some(stop);
            }
            if self.tallies.events >= limits.events {
                return Some(Stop::Events(SimTime(self.now)));
            }
        }
    }

    /// Returns the frame that can go on, if it is one whose work or sleep is done; else `NONE`.
    #[inline]
    fn handle<P: Probe>(&mut self, key: Key, probe: &mut P) -> u32 {
        let at = key.index();
        match key.kind() {
            Kind::Done if self.frames[at].wake == key.stamp() => at,
            Kind::Source if self.sources[at as usize].wake == key.stamp() => self.source_due(at, probe),
            Kind::User => self.user_due(at, probe),
            Kind::Done | Kind::Source => NONE,
            _ => {
                self.handle_other(key, probe);
                NONE
            }
        }
    }

    fn handle_other<P: Probe>(&mut self, key: Key, probe: &mut P) {
        let at = key.index();
        match key.kind() {
            Kind::Done | Kind::Source | Kind::User => {}
            Kind::Cpu => self.cpu_due(at, key),
            Kind::Reply => {
                if self.frames[at].wake == key.stamp() {
                    self.deliver(at, probe);
                }
            }
            Kind::Lane => self.lane_due(at, probe),
            Kind::Arrive => {
                if self.frames[at].wake == key.stamp() {
                    self.arrive(at, probe);
                }
            }
            Kind::Crowd => self.gather(at),
            Kind::Retry => {
                if self.calls[at].wake == key.stamp() {
                    self.try_call(at, probe);
                }
            }
            Kind::Opened => {
                if self.calls[at].wake == key.stamp() {
                    self.opened(at, probe);
                }
            }
            Kind::Expire => {
                if self.calls[at].expire == key.stamp() {
                    self.deadline_over(at, probe);
                }
            }
            Kind::Notice => self.notice_due(at, probe),
            Kind::Lease => self.lease_over(at, key.stamp()),
            Kind::Impatient => {
                if self.frames[at].wake == key.stamp() {
                    self.patience_in_line_over(at, probe);
                }
            }
            Kind::Begun => self.begun_due(at, key.stamp(), probe),
            Kind::Stuck => self.stuck(at, key.stamp(), probe),
            Kind::Failover => self.fail_over(at as usize, key.stamp()),
            Kind::Dispatch => self.dispatch(at, probe),
            Kind::Batch => self.batch_due(at),
            Kind::Started => self.life_due(at, key.stamp()),
            Kind::Scale => self.scale_due(at as usize),
            Kind::Probe => self.probe_due(at),
            Kind::Readmit => self.readmit(at),
            Kind::Permitted => {
                if self.calls[at].wake == key.stamp() {
                    self.permitted(at, probe);
                }
            }
        }
    }

    #[inline(never)]
    pub(super) fn go_on<P: Probe>(&mut self, item: Ready, probe: &mut P) {
        match item {
            Ready::Run(_) | Ready::Nothing => {}
            Ready::Granted(call, ticket) => self.granted(call, ticket, probe),
            Ready::Try(call, ticket) => {
                if self.calls[call].ticket == ticket {
                    self.try_call(call, probe);
                }
            }
            Ready::Shed(frame, ticket) => self.shed_now(frame, ticket, probe),
            Ready::Bury(slot) => self.bury_one(slot, probe),
            Ready::Start(source) => self.start_waiting(source, probe),
            Ready::Dispatch(topic) => self.dispatch(topic, probe),
        }
    }

    /// Schedules an event `after` nanoseconds from now and returns its stamp.
    #[inline]
    pub(super) fn schedule(&mut self, after: u64, class: Class, kind: Kind, index: u32) -> u32 {
        self.agenda.schedule(self.now.saturating_add(after), class, kind, index)
    }

    /// The number of the lane for timers of this duration and purpose; only used while a world is built.
    pub(super) fn lane(&mut self, duration: SimDuration, purpose: Purpose) -> u32 {
        let found = self.lanes.iter().position(|l| l.duration == duration.0 && l.purpose == purpose);
        found.unwrap_or_else(|| {
            self.lanes.push(Lane::new(duration.0, purpose));
            self.lanes.len() - 1
        }) as u32
    }

    /// Sets a timer for call, message or frame `index`, and returns its stamp.
    #[inline]
    pub(super) fn set_timer(&mut self, lane: u32, index: u32, ticket: u32) -> u32 {
        self.lanes[lane as usize].set(self.now, index, ticket, lane, &mut self.agenda)
    }

    /// The timer set last for a call or message is not needed any more. What tells that must have changed already.
    #[inline]
    pub(super) fn cancel_timer(&mut self, lane: u32) {
        if self.lanes[lane as usize].cancel() {
            let (calls, messages, frames) = (&self.calls, &self.messages, &self.frames);
            let lane = &mut self.lanes[lane as usize];
            let purpose = lane.purpose;
            lane.compact(|timer| is_wanted(purpose, timer, calls, messages, frames));
        }
    }

    fn lane_due<P: Probe>(&mut self, number: u32, probe: &mut P) {
        let (calls, messages, frames) = (&self.calls, &self.messages, &self.frames);
        let lane = &mut self.lanes[number as usize];
        let purpose = lane.purpose;
        let due = lane.fire(number, &mut self.agenda, |timer| is_wanted(purpose, timer, calls, messages, frames));
        let Some(at) = due.map(|timer| timer.key.index()) else { return };
        match purpose {
            Purpose::Patience => self.patience_over(at, probe),
            Purpose::Visibility => self.visible_again(at),
            Purpose::Requeue | Purpose::Delay => self.delay_over(at),
            Purpose::Lifetime => self.lifetime_over(at),
            Purpose::Permit | Purpose::Pool => self.gate_wait_over(at, probe),
            Purpose::Hedge => self.hedge_due(at, probe),
            Purpose::Line => self.patience_in_line_over(at, probe),
            Purpose::Deadline => {
                self.calls[at].timed = false;
                self.deadline_over(at, probe);
            }
        }
    }

    fn build_lanes(&mut self) {
        self.build_patience();
        for (e, edge) in self.plan.edges.iter().enumerate() {
            if let Some(timeout) = edge.timeout {
                self.edges[e].lane = self.lane(timeout, Purpose::Patience);
            }
            if let Some(deadline) = edge.deadline {
                self.edges[e].deadline_lane = self.lane(deadline, Purpose::Deadline);
            }
            if let Some(wait) = edge.bulkhead_line.max_wait {
                self.edges[e].permit_lane = self.lane(wait, Purpose::Permit);
            }
            if let Some(wait) = edge.pool_line.max_wait {
                self.edges[e].pool_lane = self.lane(wait, Purpose::Pool);
            }
            if let Some(hedge) = edge.hedge {
                self.edges[e].hedge_lane = self.lane(hedge.after, Purpose::Hedge);
            }
        }
        for (t, topic) in self.plan.topics.iter().enumerate() {
            self.build_topic_lanes(t, topic);
        }
    }
}

/// Whether what a timer was set for still waits for it.
fn is_wanted(
    purpose: Purpose,
    timer: Timer,
    calls: &Arena<Call>,
    messages: &Arena<Message>,
    frames: &Arena<Frame>,
) -> bool {
    let at = timer.key.index();
    let is = |state: State| calls[at].ticket == timer.ticket && calls[at].state == state;
    match purpose {
        Purpose::Patience => calls[at].ticket == timer.ticket,
        Purpose::Visibility | Purpose::Requeue | Purpose::Delay => messages[at].ticket == timer.ticket,
        Purpose::Lifetime => {
            let message = &messages[at];
            message.born == timer.ticket && message.stage != Stage::Over && !message.expired
        }
        Purpose::Permit => is(State::Permit),
        Purpose::Pool => is(State::Pool),
        Purpose::Hedge => is(State::Trying) && calls[at].hedging,
        Purpose::Line => frames[at].wake == timer.key.stamp(),
        Purpose::Deadline => calls[at].born == timer.ticket && calls[at].timed,
    }
}
