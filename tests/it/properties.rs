//! Models made up at random, with faults made up at random: whatever they are, nothing is lost, everything ends, and the
//! same seed gives the same run.

use crate::common::{duration, model, trial};
use proptest::prelude::*;
use proptest::sample::select;
use tenfold::engine::{Limits, Silent, World};
use tenfold::faults::{self, Fault, Luck};
use tenfold::measure::{Measurements, Served, Trial};
use tenfold::model::Model;
use tenfold::plan::Knobs;
use tenfold::units::{SimDuration, SimTime};

/// How many services a model may have. Each calls only later ones, so that every call ends.
const SERVICES: usize = 4;

/// What any service may call beside later services; `mem` and `jobs` are used by their own steps.
const LEAVES: &[&str] = &["db.read-it", "db.write-it", "outside"];

fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..20u32).prop_map(|ms| format!("{ms}ms")),
        (1..20u32).prop_map(|ms| format!("{{ constant: {ms}ms }}")),
        (1..10u32).prop_map(|ms| format!("{{ p50: {ms}ms, p99: {}ms }}", ms * 5)),
        (1..10u32).prop_map(|ms| format!("{{ mean: {ms}ms, cv: 1.5 }}")),
    ]
}

/// What service `i` may call.
fn callee(i: usize) -> impl Strategy<Value = String> {
    let later = (i + 1..SERVICES).map(|j| format!("s{j}.do"));
    select(later.chain(LEAVES.iter().map(|l| (*l).to_owned())).collect::<Vec<_>>())
}

fn step(i: usize) -> impl Strategy<Value = String> {
    let call = || callee(i).prop_map(|to| format!("{{ call: {to} }}"));
    prop_oneof![
        4 => time().prop_map(|t| format!("{{ work: {t} }}")),
        4 => call(),
        2 => prop::collection::vec(call(), 1..4).prop_map(|calls| format!("{{ parallel: [ {} ] }}", calls.join(", "))),
        1 => (1..4u32, call()).prop_map(|(n, c)| format!("{{ repeat: {{ times: {n}, steps: [ {c} ] }} }}")),
        1 => (1..100u32, call()).prop_map(|(p, c)| format!("{{ chance: {{ p: {p}%, steps: [ {c} ] }} }}")),
        1 => call().prop_map(|c| format!("{{ cached: {{ cache: mem, miss: [ {c} ] }} }}")),
        1 => Just("{ publish: jobs }".to_owned()),
        1 => time().prop_map(|t| format!("{{ sleep: {t} }}")),
    ]
}

fn policy() -> impl Strategy<Value = String> {
    let timeout = select(vec!["", "timeout: 5ms, ", "timeout: 30ms, ", "timeout: 1s, "]);
    let retry = select(vec![
        "",
        "retry: { attempts: 2, backoff: 0s }, ",
        "retry: { attempts: 3, backoff: 10ms, jitter: none }, ",
        "retry: { attempts: 3, backoff: 10ms, budget: 20% }, ",
    ]);
    let breaker = select(vec!["", "circuit_breaker: { minimum_calls: 5, open_for: 500ms, window: 2s }, "]);
    let limits = select(vec!["", "bulkhead: 3, ", "pool: 2, ", "bulkhead: 4, pool: 2, "]);
    let network = select(vec!["", "network: 1ms, ", "network: { uniform: [0ms, 4ms] }, "]);
    let rest = select(vec!["", "optional: true, ", "fallback: degraded, "]);
    (timeout, retry, breaker, limits, network, rest).prop_map(|(a, b, c, d, e, f)| format!("{{ {a}{b}{c}{d}{e}{f} }}"))
}

fn service(i: usize) -> impl Strategy<Value = String> {
    let callees: Vec<String> =
        (i + 1..SERVICES).map(|j| format!("s{j}")).chain(["db", "outside"].map(String::from)).collect();
    let shape = (1..4u32, 1..12u32, select(vec!["queue: 0", "queue: 5", "queue: unlimited"]));
    let cpu = select(vec!["", "cpu: 1, ", "cpu: 500m, ", "cpu: 2, model: async, "]);
    let balance = select(vec!["round_robin", "random", "least_request", "two_choices"]);
    let policies = prop::collection::vec((select(callees), policy()), 0..3);
    (shape, cpu, balance, prop::collection::vec(step(i), 1..5), policies).prop_map(
        move |((replicas, workers, queue), cpu, balance, steps, mut policies)| {
            policies.sort();
            policies.dedup_by(|a, b| a.0 == b.0);
            let called = steps.join(" ");
            policies.retain(|(to, _)| called.contains(to.as_str()));
            let policies: String = policies.iter().map(|(to, p)| format!("{to}: {p}, ")).collect();
            format!(
                "  s{i}:\n    replicas: {replicas}\n    concurrency: {workers}\n    {queue}\n    balance: {balance}\n{}    \
                 endpoints: {{ do: [ {} ] }}\n    dependencies: {{ {policies} }}\n",
                cpu.split(", ").filter(|c| !c.is_empty()).map(|c| format!("    {c}\n")).collect::<String>(),
                steps.join(", ")
            )
        },
    )
}

fn traffic() -> impl Strategy<Value = String> {
    prop_oneof![
        (5..150u32).prop_map(|r| format!("rate: {r}/s, to: s0.do")),
        (5..150u32).prop_map(|r| format!("rate: {r}/s, arrivals: constant, to: s0.do, timeout: 200ms")),
        (1..40u32).prop_map(|u| format!("users: {u}, think_time: 100ms, to: s0.do")),
        (5..80u32).prop_map(|r| format!(
            "rate: {r}/s, mix: {{ s0.do: 70%, s{}.do: 30% }}, timeout: 100ms, retry: {{ attempts: 2, backoff: 10ms }}",
            SERVICES - 1
        )),
    ]
}

/// A whole model as text.
fn any_model() -> impl Strategy<Value = String> {
    let services = (0..SERVICES).map(|i| service(i).boxed()).collect::<Vec<_>>();
    let queue = select(vec!["max_receives: 2, dead_letter: dead", "max_receives: 3", "capacity: 20"]);
    (traffic(), services, 1..15u32, 0..=100u32, queue, 1..6u32).prop_map(
        |(traffic, services, connections, hits, queue, hands)| {
            format!(
                "traffic: {{ people: {{ {traffic} }} }}
services:
{}  worker: {{ concurrency: 5, endpoints: {{ handle: [ {{ work: 20ms }} ] }} }}
databases:
  db: {{ connections: {connections}, queries: {{ read-it: {{ read: 4ms }}, write-it: {{ write: 6ms }} }} }}
caches:
  mem: {{ get: 0.5ms, hit_ratio: {hits}% }}
queues:
  jobs: {{ consumers: [ {{ call: worker.handle, concurrency: {hands} }} ], visibility_timeout: 200ms, {queue} }}
  dead: {{}}
external:
  outside: {{ latency: 10ms, availability: 95%, rate_limit: 60/s }}
",
                services.concat()
            )
        },
    )
}

/// Faults on parts that every model has.
fn any_faults() -> impl Strategy<Value = Vec<String>> {
    let fault = prop_oneof![
        select(vec!["kill:s1", "kill:db", "kill:worker", "kill:s0:50%", "errors:outside:60%", "errors:s2:50%"]),
        select(vec![
            "latency:db:+50ms",
            "latency:outside:+200ms",
            "latency:s3:5x",
            "cache_flush:mem",
            "consumer_stop:jobs"
        ]),
        select(vec!["partition:s3", "partition:outside", "load:3x"]),
        select(vec![
            "hang:s1",
            "hang:db",
            "hang:worker",
            "hang:s0:50%",
            "cpu:s2:60%",
            "refuse:s3:50%",
            "reset:db",
            "throttle:s1:30/s",
            "dns:outside",
            "loss:s2:10%",
            "memory:s1:ramp=300ms:restart=100ms",
            "kill:s2:each=true:mtbf=500ms:mttr=200ms",
        ]),
    ];
    prop::collection::vec((fault, 0..3000u32, 1..2000u32), 0..4)
        .prop_map(|all| all.iter().map(|(what, at, long)| format!("{what}@{at}ms+{long}ms")).collect())
}

fn accounted_for(what: &str, served: &Served) {
    let ended = served.succeeded + served.degraded + served.failed();
    assert_eq!(served.offered, ended + served.in_flight, "{what}: {served:?}");
    assert_eq!(served.latency.count(), served.succeeded + served.degraded, "{what}");
}

fn everything_accounted_for(model: &Model, measured: &Measurements) {
    for (endpoint, served) in model.plan.endpoints.iter().zip(&measured.endpoints) {
        accounted_for(&endpoint.name, served);
    }
    for source in &measured.sources {
        accounted_for("people", &source.total);
        let parts: u64 = source.by_link.iter().map(|(_, s)| s.offered).sum();
        assert_eq!(parts, source.total.offered);
    }
    for resource in &measured.resources {
        assert!((0.0..=1.0 + 1e-9).contains(&resource.utilization), "{resource:?}");
        assert!(resource.queue_mean >= 0.0 && resource.wait_mean >= 0.0, "{resource:?}");
    }
    for (edge, tally) in model.plan.edges.iter().zip(&measured.edges) {
        assert!(tally.attempts <= tally.calls + tally.retries, "{}: {tally:?}", edge.name);
        assert!(tally.failed <= tally.calls, "{}: {tally:?}", edge.name);
        assert!(tally.timeouts + tally.rejected <= tally.attempts, "{}: {tally:?}", edge.name);
    }
}

fn with_faults<'m>(model: &'m Model, faults: &[String]) -> Trial<'m> {
    let faults: Vec<Fault> = faults.iter().map(|f| Fault::parse_flag(f).unwrap()).collect();
    let luck = Luck { seed: 1, replication: 0, until: duration("5s") };
    let timeline = faults::timeline(&model.plan, &Knobs::baseline(&model.plan, 1.0), &faults, luck);
    let limits = Limits { events: 3_000_000, in_flight: 50_000, ..Limits::default() };
    Trial { timeline, limits, warmup: duration("500ms"), window: duration("500ms"), ..trial(model, "4s", &[]) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_everything_repeats(text in any_model(), faults in any_faults(), fork in 0..4000u64) {
        let model = model(&text);
        let trial = with_faults(&model, &faults);
        let measured = trial.run();
        everything_accounted_for(&model, &measured);
        prop_assert!(measured == trial.run(), "two runs differ");
        let mut warm = trial.warm();
        trial.advance(&mut warm, SimDuration::from_millis(fork));
        prop_assert!(measured == trial.run_from(&warm), "a fork after {fork} ms differs");
    }

    #[test]
    fn the_books_balance_at_every_moment(text in any_model(), faults in any_faults()) {
        let model = model(&text);
        let timeline = with_faults(&model, &faults).timeline;
        let mut world = World::new(&model.plan, 1.0, 7, 3);
        let mut turns = timeline.iter().peekable();
        for step in 1..=100u64 {
            let now = SimDuration::from_millis(40 * step);
            while let Some((at, knobs)) = turns.next_if(|(at, _)| *at <= now) {
                world.run_until(SimTime(at.0), &Limits::default(), &mut Silent);
                world.turn(knobs, &mut Silent);
            }
            world.run_until(SimTime(now.0), &Limits { events: 3_000_000, in_flight: 50_000, ..Limits::default() }, &mut Silent);
            if let Err(problem) = world.audit() {
                return Err(TestCaseError::fail(format!("after {now}: {problem}")));
            }
        }
    }
}
