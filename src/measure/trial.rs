//! One replication: warm-up, measured part, and the time until what was counted has ended.

use super::measurements::{FleetUse, Measurements, ResourceOf, ResourceUse, Served, SourceServed};
use super::meter::Meter;
use super::series::{Recorder, Row, Series};
use super::watches::watched;
use crate::engine::{Limits, Stop, Tallies, TopicTally, World};
use crate::plan::{EdgeId, Knobs, Plan, StationId, UNLIMITED};
use crate::units::{NANOS, SimDuration, SimTime};

/// How one replication is to be run.
#[derive(Clone, Debug)]
pub struct Trial<'p> {
    /// What is simulated.
    pub plan: &'p Plan,
    /// Multiplies the traffic.
    pub load: f64,
    /// Chooses the random numbers, with `replication`.
    pub seed: u64,
    /// Which of several independent runs.
    pub replication: u32,
    /// Positions of the knobs, by time from the start of the measured part, in order.
    pub timeline: Vec<(SimDuration, Knobs)>,
    /// Time before anything counts.
    pub warmup: SimDuration,
    /// How long after the warm-up, from which the timeline counts, requests begin to count. A run differs from one that
    /// begins to count earlier in nothing else, so that a part of a run is measured as exactly as the whole.
    pub late: SimDuration,
    /// Time in which arriving requests count.
    pub measured: SimDuration,
    /// Length of a window of the series; longer where the measured part has more than [`MOST_ROWS`] of them, so that
    /// memory does not follow the length of the run.
    pub window: SimDuration,
    /// Bounds of the run.
    pub limits: Limits,
}

/// Windows in a measured part, at most.
pub const MOST_ROWS: u64 = 4_096;

/// Cells of all of them together, at most: a large system has fewer windows.
const MOST_CELLS: u64 = 2_000_000;

/// How long after the measured part its requests may take to end.
pub const SETTLE: SimDuration = SimDuration::from_secs(60);

/// A trial under way. Cloning it forks the run.
#[derive(Clone)]
pub struct Warm<'p> {
    world: World<'p>,
    meter: Meter,
    recorder: Recorder,
    rows: Vec<Row>,
    start: Tallies,
    start_cores: Vec<f64>,
    stop: Option<Stop>,
}

impl<'p> Trial<'p> {
    /// Runs it.
    pub fn run(&self) -> Measurements {
        self.finish(self.warm())
    }

    /// Runs it, unless what it is run for is `known` at one of so many looks on the way, spread evenly over the measured
    /// part: told what each source has seen, and how much of the measured part is left. A look changes nothing in the run.
    pub fn run_unless(&self, looks: u64, known: &dyn Fn(&[SourceServed], SimDuration) -> bool) -> Option<Measurements> {
        let mut warm = self.warm();
        for look in 1..looks {
            let at = SimDuration(self.measured.0 / looks * look);
            self.advance(&mut warm, at);
            warm.meter.sort_in();
            let seen: Vec<_> = (0..self.plan.sources.len()).map(|s| self.source(s, &warm)).collect();
            if known(&seen, SimDuration(self.measured.0 - at.0)) {
                return None;
            }
        }
        Some(self.finish(warm))
    }

    /// The length of a window.
    fn row_length(&self) -> SimDuration {
        let plan = self.plan;
        let cells = plan.endpoints.len() + plan.stations.len() + plan.edges.len() + plan.sources.len();
        let rows = (MOST_CELLS / cells.max(1) as u64).clamp(20, MOST_ROWS);
        self.window.max(SimDuration(self.measured.0.div_ceil(rows))).max(SimDuration(1))
    }

    /// Runs until requests begin to count.
    pub fn warm(&self) -> Warm<'p> {
        let mut world = World::new(self.plan, self.load, self.seed, self.replication);
        let mut meter = Meter::new(self.plan);
        let stop = world.run_until(SimTime(self.warmup.0), &self.limits, &mut meter);
        let mut warm = Warm {
            start: world.tallies().clone(),
            start_cores: Vec::new(),
            recorder: Recorder::new(&world),
            world,
            meter,
            rows: Vec::new(),
            stop,
        };
        if self.late > SimDuration::ZERO {
            self.advance(&mut warm, self.late);
            warm.rows.clear();
            warm.start = warm.world.tallies().clone();
            warm.recorder = Recorder::new(&warm.world);
        }
        warm.world.count(true);
        warm.start_cores = (0..self.plan.stations.len()).map(|s| warm.world.core_time(s)).collect();
        warm
    }

    /// When requests begin to count.
    fn start(&self) -> SimTime {
        SimTime(self.warmup.0) + self.late
    }

    /// Runs on until `to` after the start of the measured part, to fork there. Knobs due at `to` are not turned yet.
    pub fn advance(&self, warm: &mut Warm<'p>, to: SimDuration) {
        let end = SimTime(self.warmup.0) + to;
        let row = self.row_length().0;
        while warm.stop.is_none() && warm.world.now() < end {
            let from = warm.world.now().since(SimTime(self.warmup.0));
            let coming = self.timeline.partition_point(|(at, _)| *at < from);
            if let Some((_, knobs)) = self.timeline.get(coming).filter(|(at, _)| *at == from) {
                warm.world.turn(knobs, &mut warm.meter);
            }
            let next_turn = self.timeline[coming..].iter().map(|(at, _)| *at).find(|at| *at > from);
            let next_row = SimDuration((from.0 / row + 1) * row);
            let next = next_turn.map_or(next_row, |turn| turn.min(next_row)).min(to);
            let until = SimTime(self.warmup.0) + next;
            warm.stop = warm.world.run_until(until, &self.limits, &mut warm.meter);
            if next == next_row || warm.stop.is_some() {
                let mut row = warm.recorder.row(&warm.world);
                row.watched = watched(&warm.world, &mut warm.meter);
                warm.rows.push(row);
            }
        }
    }

    /// Runs the rest of a fork; the same as [`Trial::run`] when the fork came from a trial that was equal up to there.
    pub fn run_from(&self, warm: &Warm<'p>) -> Measurements {
        self.finish(warm.clone())
    }

    fn finish(&self, mut warm: Warm<'p>) -> Measurements {
        let end = self.late + self.measured;
        self.advance(&mut warm, end);
        warm.world.count(false);
        let resources = self.resources(&warm);
        let fleets: Vec<_> = (0..self.plan.stations.len()).map(|s| self.fleet(s, &warm)).collect();
        let measured = SimDuration(warm.world.now().0.saturating_sub(self.start().0));
        let topics = self.topics(&warm);
        let mut to = end;
        while warm.stop.is_none() && warm.world.counted_in_flight() > 0 && to < end + SETTLE {
            to += self.row_length();
            self.advance(&mut warm, to);
        }
        warm.meter.sort_in();
        debug_assert_eq!(warm.world.audit(), Ok(()));
        let tallies = warm.world.tallies();
        Measurements {
            measured,
            events: tallies.events,
            stop: warm.stop,
            endpoints: (tallies.endpoints.iter().enumerate())
                .map(|(e, t)| Served::new(&t[1], warm.meter.endpoint(e)))
                .collect(),
            sources: (0..self.plan.sources.len()).map(|s| self.source(s, &warm)).collect(),
            resources,
            edges: tallies.edges.iter().map(|pair| pair[1]).collect(),
            topics,
            caches: tallies.caches.iter().map(|pair| pair[1]).collect(),
            locks: tallies.locks.iter().map(|pair| pair[1]).collect(),
            fleets,
            replications: tallies.replications.iter().map(|pair| pair[1]).collect(),
            series: Series { window: self.row_length(), start: self.start(), rows: warm.rows },
        }
    }

    fn source(&self, s: usize, warm: &Warm<'p>) -> SourceServed {
        let source = &self.plan.sources[s];
        let by_link: Vec<_> = (source.mix.iter().enumerate())
            .map(|(i, (_, link))| {
                let tally = &warm.world.tallies().sources[s][i][1];
                (self.plan.links[link.index()].to, Served::new(tally, warm.meter.asked(s, i)))
            })
            .collect();
        let mut total = Served::default();
        by_link.iter().for_each(|(_, served)| total.merge(served));
        SourceServed { total, late: warm.world.tallies().late[s][1], by_link }
    }

    /// What happened to messages in the measured part.
    fn topics(&self, warm: &Warm<'p>) -> Vec<TopicTally> {
        (warm.world.tallies().topics.iter().zip(&warm.start.topics))
            .map(|(after, before)| after.since(before))
            .collect()
    }

    fn resources(&self, warm: &Warm<'p>) -> Vec<ResourceUse> {
        let mut all = Vec::new();
        for s in 0..self.plan.stations.len() {
            all.extend(self.workers(s, warm));
            all.extend(self.cpu(s, warm));
        }
        all.extend((0..self.plan.edges.len()).filter_map(|e| self.pool(e, warm)));
        all
    }

    /// How many replicas a station had that could be busy, on average where they come and go.
    fn serving(&self, s: usize, warm: &Warm<'p>) -> f64 {
        let station = &self.plan.stations[s];
        if station.fleet.is_none() {
            return f64::from(station.replicas);
        }
        let span = Span::of(self, warm);
        let (before, after) = (&warm.start.stations[s].serving, &warm.world.tallies().stations[s].serving);
        span.mean(before.area_at(span.from), after.area_at(span.to)).max(1e-9)
    }

    fn fleet(&self, s: usize, warm: &Warm<'p>) -> Option<FleetUse> {
        self.plan.stations[s].fleet.as_ref()?;
        let (before, after) = (&warm.start.stations[s], &warm.world.tallies().stations[s]);
        let [least, most] = after.ready_range.map(|n| n as u32);
        let span = Span::of(self, warm);
        let mean = span.mean(before.replicas.area_at(span.from), after.replicas.area_at(span.to));
        Some(FleetUse { mean, least, most, ejections: after.ejections - before.ejections })
    }

    fn workers(&self, s: usize, warm: &Warm<'p>) -> Option<ResourceUse> {
        let station = &self.plan.stations[s];
        if station.workers == UNLIMITED {
            return None;
        }
        let span = Span::of(self, warm);
        let (before, after) = (&warm.start.stations[s], &warm.world.tallies().stations[s]);
        let capacity = f64::from(station.workers) * self.serving(s, warm);
        Some(ResourceUse {
            name: format!("{}.{}", station.name, station.workers_word),
            kind: station.workers_word,
            of: ResourceOf::Workers(StationId::new(s)),
            capacity,
            utilization: span.mean(before.busy.area_at(span.from), after.busy.area_at(span.to)) / capacity,
            queue_mean: span.mean(before.queue.area_at(span.from), after.queue.area_at(span.to)),
            wait_mean: mean_seconds(after.waited.0 - before.waited.0, after.granted - before.granted),
            rejected: after.refused + after.shed - before.refused - before.shed,
        })
    }

    fn cpu(&self, s: usize, warm: &Warm<'p>) -> Option<ResourceUse> {
        let station = &self.plan.stations[s];
        let capacity = station.cores? * self.serving(s, warm);
        let span = Span::of(self, warm);
        Some(ResourceUse {
            name: format!("{}.cpu", station.name),
            kind: "cpu",
            of: ResourceOf::Cpu(StationId::new(s)),
            capacity,
            utilization: (warm.world.core_time(s) - warm.start_cores[s]) / span.length() / capacity,
            queue_mean: 0.0,
            wait_mean: 0.0,
            rejected: 0,
        })
    }

    fn pool(&self, e: usize, warm: &Warm<'p>) -> Option<ResourceUse> {
        let edge = &self.plan.edges[e];
        let capacity = f64::from(edge.pool?) * f64::from(edge.instances);
        let span = Span::of(self, warm);
        let (before, after) = (&warm.start.pools[e], &warm.world.tallies().pools[e]);
        Some(ResourceUse {
            name: format!("{}.pool", edge.name),
            kind: "pool",
            of: ResourceOf::Pool(EdgeId::new(e)),
            capacity,
            utilization: span.mean(before.used.area_at(span.from), after.used.area_at(span.to)) / capacity,
            queue_mean: span.mean(before.waiting.area_at(span.from), after.waiting.area_at(span.to)),
            wait_mean: mean_seconds(after.waited.0 - before.waited.0, after.granted - before.granted),
            rejected: 0,
        })
    }
}

impl<'p> Warm<'p> {
    /// The world as it is now.
    pub fn world(&self) -> &World<'p> {
        &self.world
    }

    /// The windows so far, from the start of the measured part.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Whether the run has ended early: nothing more will happen.
    pub fn has_stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// Whether it has ended early for what it cost: what would have happened then is not known.
    pub fn was_cut(&self) -> bool {
        self.stop.is_some_and(Stop::is_cut)
    }

    /// Events so far, of the warm-up too.
    pub fn events(&self) -> u64 {
        self.world.tallies().events
    }

    /// A fork that goes on under another plan of the same shape ([`World::under`]).
    pub fn under<'q>(&self, plan: &'q Plan) -> Warm<'q>
    where
        'p: 'q,
    {
        Warm { world: self.world.under(plan), ..self.clone() }
    }

    /// Fills every cache with keys as it would be after a long time.
    pub fn fill_caches(&mut self) {
        self.world.fill_caches();
    }
}

/// The measured part so far.
struct Span {
    from: u64,
    to: u64,
}

impl Span {
    fn of(trial: &Trial<'_>, warm: &Warm<'_>) -> Span {
        Span { from: trial.start().0.min(warm.world.now().0), to: warm.world.now().0 }
    }

    fn length(&self) -> f64 {
        (self.to - self.from).max(1) as f64
    }

    fn mean(&self, before: u128, after: u128) -> f64 {
        (after - before) as f64 / self.length()
    }
}

fn mean_seconds(sum_ns: u64, n: u64) -> f64 {
    if n == 0 { 0.0 } else { sum_ns as f64 / n as f64 / NANOS as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{
        Arrivals, Builder, Component, Edge, Origin, Party, Priority, Role, Source, SourceId, Station, Step,
    };
    use crate::random::Dist;

    /// M/M/1 with arrival rate 0.8 and service rate 1, in milliseconds.
    pub(crate) fn one_queue() -> Plan {
        let mut b = Builder::new();
        let origin = Origin::default();
        let component = b.component(Component {
            name: "api".into(),
            role: Role::Service,
            technology: None,
            declared: Default::default(),
            origin: origin.clone(),
        });
        let station = b.station(Station {
            name: "api".into(),
            component,
            workers: 1,
            origin: origin.clone(),
            ..Station::default()
        });
        let endpoint = b.endpoint("api.call", station, origin.clone());
        let time = b.dist(Dist::Exponential { mean: 1e6 });
        b.begin(endpoint);
        b.emit(Step::Work { time });
        b.emit(Step::Return);
        let edge = b.edge(Edge {
            name: "users>api".into(),
            from: Party::Source(SourceId(0)),
            to: component,
            origin: origin.clone(),
            ..Edge::default()
        });
        let link = b.link(edge, endpoint);
        let (arrivals, mix) = (Arrivals::Poisson(800.0), vec![(1.0, link)]);
        b.source(Source {
            name: "users".into(),
            arrivals,
            mix,
            priority: Priority::Normal,
            origin,
            ..Source::default()
        });
        b.finish()
    }

    fn trial(plan: &Plan) -> Trial<'_> {
        Trial {
            plan,
            load: 1.0,
            seed: 1,
            replication: 0,
            timeline: vec![],
            warmup: SimDuration::from_secs(1),
            late: SimDuration::ZERO,
            measured: SimDuration::from_secs(20),
            window: SimDuration::from_secs(1),
            limits: Limits::default(),
        }
    }

    #[test]
    fn everything_is_accounted_for() {
        let plan = one_queue();
        let m = trial(&plan).run();
        assert_eq!(m.stop, None);
        assert_eq!((m.sources[0].total.in_flight, m.sources[0].total.failed()), (0, 0));
        assert_eq!(m.sources[0].total.offered, m.endpoints[0].succeeded);
        assert!((m.resources[0].utilization - 0.8).abs() < 0.05, "{}", m.resources[0].utilization);
        assert!(m.series.rows.len() >= 20);
    }

    #[test]
    fn looks_change_nothing_and_end_a_run_whose_answer_is_known() {
        let plan = one_queue();
        let t = trial(&plan);
        let looks = std::cell::RefCell::new(Vec::new());
        let seen = t.run_unless(4, &|sources, left| {
            looks.borrow_mut().push((sources[0].total.offered, left.seconds()));
            false
        });
        assert_eq!(seen, Some(t.run()));
        let looks = looks.into_inner();
        assert_eq!(looks.iter().map(|l| l.1).collect::<Vec<_>>(), [15.0, 10.0, 5.0]);
        assert!(looks.windows(2).all(|pair| pair[0].0 < pair[1].0), "{looks:?}");
        assert_eq!(t.run_unless(4, &|_, left| left.seconds() < 12.0), None);
    }

    #[test]
    fn a_fork_goes_on_as_the_whole_would_have() {
        let plan = one_queue();
        let mut dead = Knobs::baseline(&plan, 1.0);
        dead.stations[0].down = 1;
        let faulty = Trial {
            timeline: vec![
                (SimDuration::from_millis(7_300), dead),
                (SimDuration::from_secs(9), Knobs::baseline(&plan, 1.0)),
            ],
            ..trial(&plan)
        };
        let healthy = trial(&plan);
        let mut warm = healthy.warm();
        healthy.advance(&mut warm, SimDuration::from_millis(7_300));
        assert_eq!(faulty.run_from(&warm), faulty.run());
        assert!(faulty.run().sources[0].total.failed() > 0);
    }

    /// The parts of a run are those of the whole: what comes in the first seven seconds and what comes later make up all
    /// that comes, each request with the outcome it has in the whole.
    #[test]
    fn a_part_is_counted_as_in_the_whole() {
        let plan = one_queue();
        let mut dead = Knobs::baseline(&plan, 1.0);
        dead.stations[0].down = 1;
        let whole = Trial {
            timeline: vec![
                (SimDuration::from_millis(5_500), dead),
                (SimDuration::from_millis(8_250), Knobs::baseline(&plan, 1.0)),
            ],
            ..trial(&plan)
        };
        let part = |from, to| {
            let (late, measured) = (SimDuration::from_millis(from), SimDuration::from_millis(to - from));
            Trial { late, measured, ..whole.clone() }.run()
        };
        let (all, first, last) = (whole.run(), part(0, 7_123), part(7_123, 20_000));
        let mut sum = first.sources[0].total.clone();
        sum.merge(&last.sources[0].total);
        assert_eq!(sum, all.sources[0].total);
        assert!(first.sources[0].total.failed() > 0 && last.sources[0].total.failed() > 0);
        let busy = |m: &Measurements| m.resources[0].utilization * m.measured.seconds();
        assert!((busy(&first) + busy(&last) - busy(&all)).abs() < 1e-9);
        assert_eq!(last.measured, SimDuration::from_millis(12_877));
    }

    #[test]
    fn a_run_that_grows_without_bound_is_stopped() {
        let plan = one_queue();
        let t = Trial { load: 2.0, limits: Limits { in_flight: 1_000, ..Limits::default() }, ..trial(&plan) };
        assert!(matches!(t.run().stop, Some(Stop::Crowded(_))));
    }
}
