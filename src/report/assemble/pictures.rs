//! Pictures: the topology from the plan, curves and courses from the experiments.

use super::Scribe;
use crate::experiments::{self, Failure, Review, State};
use crate::measure::Served;
use crate::plan::{ComponentId, Edge, Party, StationId, UNLIMITED};
use crate::report::{FaultInfo, pictures::*};
use crate::units::SimDuration;

impl Scribe<'_> {
    pub(super) fn pictures(&self, review: &Review) -> Pictures {
        let users = self.graph.user_endpoints();
        Pictures {
            nodes: self.nodes(review),
            wires: self.wires().into_iter().chain(self.dead_letters(review)).collect(),
            endpoints: users.iter().map(|e| self.model.plan.endpoints[e.index()].name.clone()).collect(),
            curve: review.pictures.curve.iter().map(point).collect(),
            courses: review.pictures.courses.iter().map(|course| self.course(review, course)).collect(),
            latencies: review.runs.iter().flat_map(|run| self.latencies(run)).collect(),
            matrix: review.failures.iter().map(|f| self.struck(f)).collect(),
        }
    }

    fn nodes(&self, review: &Review) -> Vec<Node> {
        let plan = &self.model.plan;
        let traffic =
            plan.sources.iter().map(|s| Node { name: s.name.clone(), role: "traffic".into(), ..Node::default() });
        let components = plan.components.iter().enumerate().map(|(i, component)| {
            let stations: Vec<StationId> = plan.stations_of(ComponentId::new(i)).collect();
            Node {
                name: component.name.clone(),
                role: component.role.word().into(),
                technology: component.technology.clone(),
                size: stations.first().and_then(|s| self.size(*s)),
                busy: review.runs.iter().map(|run| self.busiest(run, &stations)).collect(),
            }
        });
        traffic.chain(components).collect()
    }

    /// `4 × 100 workers`
    fn size(&self, station: StationId) -> Option<String> {
        let station = &self.model.plan.stations[station.index()];
        let each = (station.workers != UNLIMITED).then(|| format!("{} {}", station.workers, station.workers_word));
        match (station.replicas, each) {
            (1, each) => each,
            (n, Some(each)) => Some(format!("{n} × {each}")),
            (n, None) => Some(format!("{n} replicas")),
        }
    }

    /// What is used most, of all that belongs to these stations.
    fn busiest(&self, run: &experiments::Shown, stations: &[StationId]) -> Option<(String, f64)> {
        use crate::measure::ResourceOf;
        let runs = &run.outcome.runs;
        let of = |r: &crate::measure::ResourceUse| match r.of {
            ResourceOf::Workers(s) | ResourceOf::Cpu(s) => stations.contains(&s),
            ResourceOf::Pool(_) => false,
        };
        let mine = runs.first()?.resources.iter().enumerate().filter(|(_, r)| of(r));
        let shares = mine.map(|(i, r)| {
            let mean = runs.iter().map(|m| m.resources[i].utilization).sum::<f64>() / runs.len() as f64;
            (r.kind.to_string(), mean)
        });
        shares.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn wires(&self) -> Vec<Wire> {
        let plan = &self.model.plan;
        let before = plan.sources.len();
        let queues: Vec<ComponentId> = plan.topics.iter().map(|t| t.component).collect();
        let each = plan.edges.iter().enumerate().map(|(i, edge)| {
            let (from, delivers) = match edge.from {
                Party::Component(c) => (before + c.index(), queues.contains(&c)),
                Party::Source(s) => (s.index(), false),
            };
            Wire {
                from,
                to: before + edge.to.index(),
                name: edge.name.clone(),
                rate_per_s: self.graph.edge_rate(crate::plan::EdgeId::new(i)),
                guards: guards(edge),
                delivers,
                dead_letters: false,
            }
        });
        each.collect()
    }

    /// Where messages go that are given up, and how many a second did today.
    fn dead_letters(&self, review: &Review) -> Vec<Wire> {
        let plan = &self.model.plan;
        let runs = || review.runs.iter().take(1).flat_map(|shown| &shown.outcome.runs);
        let time: f64 = runs().map(|m| m.measured.seconds()).sum();
        let each = plan.topics.iter().enumerate().filter_map(|(i, topic)| {
            let to = plan.topics[topic.dead_letter?.index()].component;
            let node = |c: ComponentId| plan.sources.len() + c.index();
            let given_up: u64 = runs().map(|m| m.topics[i].dead_lettered).sum();
            let name = |c: ComponentId| &plan.components[c.index()].name;
            Some(Wire {
                from: node(topic.component),
                to: node(to),
                name: format!("{}>{}", name(topic.component), name(to)),
                rate_per_s: given_up as f64 / time.max(1e-9),
                dead_letters: true,
                ..Wire::default()
            })
        });
        each.collect()
    }

    /// How long answers took in a run, for each endpoint that users call.
    fn latencies(&self, run: &experiments::Shown) -> Vec<Latencies> {
        let users = self.graph.user_endpoints();
        let each = users.into_iter().map(|endpoint| {
            let mut all = Served::default();
            let sources = run.outcome.runs.iter().flat_map(|m| &m.sources);
            let mine = sources.flat_map(|s| &s.by_link).filter(|(e, _)| *e == endpoint);
            mine.for_each(|(_, served)| all.merge(served));
            Latencies {
                load: run.load,
                endpoint: self.model.plan.endpoints[endpoint.index()].name.clone(),
                steps: all.latency.steps().into_iter().map(|(up_to, n)| (up_to.seconds(), n)).collect(),
            }
        });
        each.collect()
    }

    fn course(&self, review: &Review, course: &experiments::Replay) -> Course {
        let plan = &self.model.plan;
        let (series, failure) = (&course.watched.series, &review.failures[course.failure]);
        let entries: Vec<_> =
            plan.sources.iter().flat_map(|s| &s.mix).map(|(_, link)| plan.links[link.index()].to).collect();
        let users = self.graph.user_endpoints();
        let ms = |d: SimDuration| d.millis();
        let seconds = series.window.seconds();
        let windows = series.rows.iter().zip(&course.watched.answers).enumerate().map(|(i, (row, answers))| {
            let sum =
                |of: fn(&crate::measure::Cell) -> u32| f64::from(row.sources.iter().map(of).sum::<u32>()) / seconds;
            let slowest = |user: &crate::plan::EndpointId| {
                let mine = entries.iter().zip(&answers.entries).filter(|(e, _)| *e == user);
                mine.filter_map(|(_, p)| p.map(|p| ms(p[1]))).reduce(f64::max)
            };
            Window {
                at_s: i as f64 * seconds,
                rate_per_s: sum(|c| c.offered),
                goodput_per_s: sum(|c| c.good),
                failed_per_s: sum(|c| c.failed),
                p50_ms: answers.all.map(|p| ms(p[0])),
                p99_ms: answers.all.map(|p| ms(p[1])),
                endpoints_p99_ms: users.iter().map(slowest).collect(),
            }
        });
        Course {
            fault: FaultInfo::from(&course.fault),
            load: failure.load,
            window_s: seconds,
            windows: windows.collect(),
            states: course.moments.iter().map(|all| all.iter().map(state).collect()).collect(),
            events: self.events(failure),
        }
    }

    fn events(&self, failure: &Failure) -> Vec<(f64, String)> {
        let plan = &self.model.plan;
        let name = |c: ComponentId| &plan.components[c.index()].name;
        let steps = failure.cascade().into_iter();
        steps.map(|s| (s.at.seconds(), format!("{}: {}", name(s.component), s.mechanism.words()))).collect()
    }

    fn struck(&self, failure: &Failure) -> Struck {
        let users = self.graph.user_endpoints();
        let needs = |e: &crate::plan::EndpointId| match failure.edges.as_slice() {
            [] => self.graph.reach(*e).contains(&failure.target),
            edges => self.graph.edges_used(*e).iter().any(|edge| edges.contains(edge)),
        };
        Struck {
            fault: FaultInfo::from(&failure.fault),
            confirmed: failure.confirmed,
            lost: (0..users.len()).map(|user| failure.mean(|h| h.share(user)).min(1.0)).collect(),
            needs: users.iter().map(needs).collect(),
        }
    }
}

fn point(point: &experiments::LoadPoint) -> LoadPoint {
    LoadPoint {
        load: point.load,
        rate_per_s: point.rate,
        goodput_per_s: point.goodput,
        success: point.endpoints.iter().map(|(share, _)| *share).collect(),
        p99_ms: point.endpoints.iter().map(|(_, p99)| p99.map(|s| s * 1e3)).collect(),
        holds: point.holds,
    }
}

fn state(moment: &experiments::Moment) -> NodeState {
    NodeState {
        busy: moment.busy,
        waiting: moment.waiting,
        failed: moment.failed,
        state: match moment.state {
            State::Well => "well",
            State::Full => "full",
            State::Failing => "failing",
            State::Down => "down",
        },
    }
}

/// What an edge is guarded by, in words, as the model has it.
fn guards(edge: &Edge) -> Vec<String> {
    let limit = |word: &str, n: Option<u32>| n.map(|n| format!("{word} {n}"));
    let patience = |word: &str, time: Option<SimDuration>| time.map(|time| format!("{word} {time}"));
    let has = |word: &str, there: bool| there.then(|| word.to_string());
    let all = [
        patience("timeout", edge.timeout),
        patience("deadline", edge.deadline),
        edge.retry.as_ref().map(|retry| match retry.attempts {
            u32::MAX => "retries without end".into(),
            n => format!("{n} attempts"),
        }),
        has("breaker", edge.breaker.is_some()),
        limit("bulkhead", edge.bulkhead),
        limit("pool", edge.pool),
        has("rate limit", edge.rate_limit.is_some()),
        has("throttle", edge.throttle.is_some()),
        has("hedging", edge.hedge.is_some()),
        has("fallback", edge.fallback),
        has("optional", edge.optional && !edge.fallback),
    ];
    all.into_iter().flatten().collect()
}
