//! A report made by hand, for looking at: a shop at ten times its load.

use super::*;
use indexmap::indexmap;

pub(super) fn around(mean: f64, half: f64) -> Estimate {
    Estimate { mean, low: mean - half, high: mean + half }
}

/// rate and goodput per second, success and its half-width, p50, p95, p99 and its half-width in milliseconds.
fn tally(rate: f64, good: f64, success: (f64, f64), times: (f64, f64, f64, f64)) -> Tally {
    let offered = (rate * 1500.0) as u64;
    let succeeded = (good * 1500.0) as u64;
    let failed = offered.saturating_sub(succeeded);
    let mut failures = IndexMap::new();
    if failed > 0 {
        failures.insert("timeout".to_string(), failed / 2);
        failures.insert("refused".to_string(), failed - failed / 2);
    }
    Tally {
        offered,
        succeeded,
        degraded: 0,
        failed,
        in_flight: 0,
        failures,
        rate_per_s: rate,
        goodput_per_s: good,
        success_rate: Some(around(success.0, success.1)),
        mean_ms: Some(around(times.0 * 1.1, 0.1)),
        p50_ms: Some(around(times.0, times.0 * 0.01)),
        p95_ms: Some(around(times.1, times.1 * 0.02)),
        p99_ms: Some(around(times.2, times.3)),
    }
}

fn shoppers(total: Tally, parts: [Tally; 4]) -> IndexMap<String, Traffic> {
    let names = ["web.home", "web.search", "web.account", "web.checkout"].map(String::from);
    indexmap! { "shoppers".to_string() => Traffic { total, late: 0, endpoints: names.into_iter().zip(parts).collect() } }
}

fn resource(kind: &str, capacity: f64, busy: f64, asked: f64, wait_ms: f64, rejected: u64) -> Resource {
    Resource {
        kind: kind.into(),
        capacity,
        utilization: busy,
        static_utilization: Some(asked),
        queue_mean: wait_ms / 3.0,
        wait_mean_ms: wait_ms,
        rejected,
    }
}

fn slos(verdicts: [SloVerdict; 4]) -> Vec<SloResult> {
    let all = [
        ("web.home success >= 99.9%", "web.home", Measure::SuccessRate, 0.9991),
        ("web.search p99 < 400ms", "web.search", Measure::PercentileMs(99.0), 95.0),
        ("web.account p99 < 800ms", "web.account", Measure::PercentileMs(99.0), 9200.0),
        ("web.checkout success >= 99.5%", "web.checkout", Measure::SuccessRate, 0.41),
    ];
    all.into_iter()
        .zip(verdicts)
        .enumerate()
        .map(|(i, ((text, subject, measure, mean), verdict))| SloResult {
            text: text.into(),
            subject: Some(subject.into()),
            measure,
            measured: Some(around(mean, mean * 0.01)),
            verdict,
            place: Some(place(120 + i as u32)),
            replications: None,
            detail: None,
        })
        .collect()
}

fn place(line: u32) -> Place {
    Place { file: "models/shop.yaml".into(), line, column: 7, width: 0 }
}

pub(super) fn change(path: &str, from: Option<&str>, to: &str) -> Change {
    Change { path: path.into(), from: from.map(String::from), to: to.into() }
}

fn run(name: &str, load: f64) -> Run {
    let (met, missed) = (SloVerdict::Met, SloVerdict::Missed);
    let calm = load < 2.0;
    let traffic = if calm {
        shoppers(
            tally(300.0, 299.97, (0.9999, 0.0001), (11.2, 76.0, 181.0, 6.0)),
            [
                tally(150.0, 150.0, (1.0, 0.0), (5.1, 24.0, 51.3, 1.2)),
                tally(75.0, 75.0, (1.0, 0.0), (19.2, 58.0, 84.0, 1.9)),
                tally(45.0, 45.0, (1.0, 0.0), (66.0, 178.0, 261.0, 8.0)),
                tally(30.0, 29.97, (0.9992, 0.0004), (152.0, 480.0, 955.0, 31.0)),
            ],
        )
    } else {
        shoppers(
            tally(3000.0, 2489.0, (0.8297, 0.0031), (18.0, 2210.0, 9010.0, 120.0)),
            [
                tally(1500.0, 1498.0, (0.9991, 0.0003), (6.3, 31.0, 62.0, 2.0)),
                tally(750.0, 747.0, (0.9964, 0.0011), (21.0, 66.0, 95.0, 3.0)),
                tally(450.0, 121.0, (0.268, 0.012), (3210.0, 8800.0, 9200.0, 100.0)),
                tally(300.0, 123.0, (0.41, 0.015), (4400.0, 9100.0, 9800.0, 60.0)),
            ],
        )
    };
    let resources: IndexMap<String, Resource> = if calm {
        indexmap! {
            "orders-db.connections".into() => resource("connections", 20.0, 0.205, 0.205, 0.0, 0),
            "payments.workers".into() => resource("workers", 40.0, 0.142, 0.143, 0.0, 0),
            "web.workers".into() => resource("workers", 400.0, 0.021, 0.021, 0.0, 0),
            "catalog-db.connections".into() => resource("connections", 90.0, 0.022, 0.022, 0.0, 0),
        }
    } else {
        indexmap! {
            "orders-db.connections".into() => resource("connections", 20.0, 1.0, 2.05, 812.0, 0),
            "payments.workers".into() => resource("workers", 40.0, 0.984, 1.43, 320.0, 8_120),
            "web.workers".into() => resource("workers", 400.0, 0.822, 0.21, 0.0, 0),
            "catalog-db.connections".into() => resource("connections", 90.0, 0.221, 0.22, 0.02, 0),
        }
    };
    Run {
        name: name.into(),
        load,
        faults: Vec::new(),
        warmup_s: 30.0,
        duration_s: 300.0,
        events: 6_172_835,
        requests: 4_500_000,
        stopped: None,
        endpoints: indexmap! { "web.home".into() => tally(150.0, 150.0, (1.0, 0.0), (5.1, 24.0, 51.3, 1.2)) },
        traffic,
        resources,
        dependencies: indexmap! {
            "orders>payments".into() => Dependency { calls: 45_000, attempts: 45_000, timeouts: 120, failed: 141, wasted_work_s: 12.4, ..Dependency::default() },
            "web>ads".into() => Dependency { calls: 67_000, attempts: 67_000, ..Dependency::default() },
        },
        caches: IndexMap::new(),
        replicas: IndexMap::new(),
        locks: IndexMap::new(),
        replication: IndexMap::new(),
        queues: indexmap! { "order-events".into() => Queue { published: 44_800, delivered: 44_800, acknowledged: 44_800, ..Queue::default() } },
        slos: slos(if calm { [met; 4] } else { [met, met, missed, missed] }),
        phases: Vec::new(),
        alerts: Vec::new(),
        seconds: None,
    }
}

fn slow_stripe() -> Failure {
    let step = |component: &str, at_s, mechanism: &str, via: &str, workers: f64| CascadeStep {
        component: component.into(),
        at_s,
        mechanism: mechanism.into(),
        via: Some(via.into()),
        readings: vec![
            Reading { gauge: Gauge::Workers, before: 0.04 * workers, after: workers, of: Some(workers) },
            Reading { gauge: Gauge::Queue, before: 0.0, after: 96.5, of: None },
        ],
    };
    let success = |subject: &str, before, after: (f64, f64)| Effect {
        subject: subject.into(),
        measure: Measure::SuccessRate,
        before: around(before, 0.0001),
        after: around(after.0, after.1),
        difference: None,
    };
    let fault = crate::faults::Fault::parse_flag("latency:stripe:+5s@60s+120s").unwrap();
    Failure {
        fault: FaultInfo::from(&fault),
        load: 1.0,
        users: vec![
            success("web.checkout", 0.9992, (0.0, 0.0)),
            success("web.account", 1.0, (0.31, 0.03)),
            success("web.home", 1.0, (0.43, 0.02)),
        ],
        lost_requests: Some(around(18_300.0, 410.0)),
        blast_radius: Some(around(0.44, 0.02)),
        recovers: Some(Recovery {
            probability: Estimate { mean: 1.0, low: 0.97, high: 1.0 },
            after_s: Some(around(9.2, 0.6)),
            runs: 5,
            not_back: 0,
            median_s: Some(9.1),
            range_s: Some((8.7, 9.9)),
        }),
        metastable: Some(Estimate { mean: 0.0, low: 0.0, high: 0.03 }),
        sustained_by: None,
        stuck: None,
        answered: pictures::Answered {
            window_s: 10.0,
            per_s: vec![
                300.0, 299.0, 301.0, 300.0, 301.0, 298.0, 170.0, 60.0, 12.0, 40.0, 0.0, 0.0, 9.0, 0.0, 410.0, 300.0,
            ],
        },
        cascade: vec![
            step("payments", 1.2, "workers exhausted", "payments>stripe", 40.0),
            step("orders", 7.4, "workers exhausted", "orders>payments", 180.0),
            step("web", 16.1, "workers exhausted", "web>orders", 400.0),
        ],
        collateral: vec!["web.home".into(), "web.search".into()],
        detection: Some(Detection {
            alerts: vec![Page { alert: "checkout-fails".into(), after_s: around(42.0, 1.5), runs: 5 }],
            runs: 5,
            watched_s: 120.0,
            silent: false,
            cut: false,
        }),
        side_effects: vec![
            SideEffect { kind: "duplicates", added: around(12.0, 3.0) },
            SideEffect { kind: "stale_reads", added: around(5_100.0, 240.0) },
        ],
    }
}

fn small_failure(flag: &str, subject: &str, after: f64, recovers: f64) -> Failure {
    let fault = crate::faults::Fault::parse_flag(flag).unwrap();
    Failure {
        fault: FaultInfo::from(&fault),
        users: vec![Effect {
            subject: subject.into(),
            measure: Measure::SuccessRate,
            before: around(1.0, 0.0),
            after: around(after, 0.01),
            difference: None,
        }],
        recovers: Some(Recovery {
            probability: around(recovers, 0.0),
            after_s: None,
            runs: 20,
            not_back: (20.0 * (1.0 - recovers)) as u32,
            median_s: (recovers >= 0.5).then_some(0.0),
            range_s: (recovers > 0.0).then_some((0.0, 0.0)),
        }),
        cascade: Vec::new(),
        collateral: Vec::new(),
        detection: Some(Detection { alerts: Vec::new(), runs: 5, watched_s: 120.0, silent: after < 1.0, cut: false }),
        side_effects: Vec::new(),
        lost_requests: None,
        blast_radius: None,
        sustained_by: (recovers < 1.0).then(|| "retries".into()),
        stuck: (recovers < 1.0).then(stuck),
        ..slow_stripe()
    }
}

/// What was tried beside the failures that are told of.
fn campaign() -> Campaign {
    let fault = |flag: &str| FaultInfo::from(&crate::faults::Fault::parse_flag(flag).unwrap());
    let screened = |flag: &str, lost_share: f64, impaired: &[&str]| Screened {
        fault: fault(flag),
        runs: 1,
        lost_share,
        blast_radius: 0.0,
        recovers: true,
        impaired: impaired.iter().map(ToString::to_string).collect(),
    };
    Campaign {
        screened: vec![
            screened("kill:mailer@5s+20s", 0.0, &[]),
            screened("partition:order-events@5s+20s", 0.031, &["orders", "web"]),
        ],
        not_tried: vec!["hang:mailer@5s+20s".into()],
        asked: Some(AskedFaults {
            load: 10.0,
            holds_without: false,
            tried: vec![screened("kill:catalog@5s+8s", 0.31, &["web"]), screened("latency:ads:+5s@5s+8s", 0.0, &[])],
            not_tried: vec!["kill:mailer@5s+8s".into()],
        }),
        pairs: Some(FaultPairs {
            touching: 84,
            tried: 30,
            apart: 12,
            by_clock: false,
            worse: vec![FaultPair {
                faults: [fault("latency:orders-db:+2s@5s+20s"), fault("kill:web:1@5s+20s")],
                shared: vec!["web".into()],
                alone: [0.25, 0.0],
                together: 0.61,
                recovers: true,
            }],
        }),
    }
}

fn stuck() -> Stuck {
    Stuck {
        runs: 20,
        stuck: 16,
        wait_s: 12.0,
        wait_capped: false,
        amplified: Some(("catalog>catalog-db".into(), 2.4)),
        cure: Some(Relief { load_share: 0.5, duration_s: 24.0, restart: false }),
        sustained_by: vec!["retries".into()],
        with_backlog: false,
        tried: vec!["retries".into(), "the backlog".into()],
        slow_s: None,
        band: LoadBand { safe: 0.61, vulnerable: 0.64, fails: Some(1.12), heals: Some(0.5) },
        trigger: SmallestTrigger { duration_s: 3.0, too_short_s: Some(2.5), weakest: None },
        unfinished: Default::default(),
    }
}

fn findings() -> Vec<Finding> {
    let effect = |subject: &str, measure, before, after| Effect {
        subject: subject.into(),
        measure,
        before,
        after,
        difference: None,
    };
    vec![
        Finding {
            code: "missing-circuit-breaker".into(),
            severity: Severity::P0,
            confidence: Confidence::High,
            title: "a slow stripe takes web.home down, which does not need it".into(),
            subject: "payments>stripe".into(),
            place: Some(place(95)),
            evidence: vec![
                "with stripe 5s slower, all 40 workers of payments wait for it after 1.2s, all of orders after 7.4s, all of web after 16.1s".into(),
                "a breaker answers at once instead".into(),
            ],
            fix: Some(Fix {
                summary: "open a circuit breaker when half of the calls fail".into(),
                changes: vec![change("services.payments.dependencies.stripe.circuit_breaker", None, "{ failure_rate: 50%, window: 10s }")],
            }),
            effect: Some(effect("web.home", Measure::SuccessRate, around(0.43, 0.02), around(0.9998, 0.0001))),
            other_effects: vec![effect("web.search", Measure::SuccessRate, around(0.44, 0.02), around(0.9997, 0.0001))],
        },
        Finding {
            code: "undersized-resource".into(),
            severity: Severity::P1,
            confidence: Confidence::High,
            title: "orders-db has connections for 4.9x the load".into(),
            subject: "orders-db.connections".into(),
            place: Some(place(104)),
            evidence: vec!["all 20 are busy at 10x, and the load asks for 41".into()],
            fix: Some(Fix {
                summary: "give it more connections".into(),
                changes: vec![change("databases.orders-db.connections", Some("20"), "48")],
            }),
            effect: Some(effect("", Measure::CapacityLoad, around(4.9, 0.1), around(6.8, 0.15))),
            other_effects: Vec::new(),
        },
        Finding {
            code: "timeout-inversion".into(),
            severity: Severity::P2,
            confidence: Confidence::Medium,
            title: "web waits 30s for orders, longer than its users wait for web".into(),
            subject: "web>orders".into(),
            place: Some(place(52)),
            evidence: vec!["shoppers have gone after 10s".into()],
            fix: None,
            effect: None,
            other_effects: Vec::new(),
        },
    ]
}

/// The review.
pub(super) fn review() -> Report {
    let capacity = |after| Effect {
        subject: String::new(),
        measure: Measure::CapacityLoad,
        before: around(4.9, 0.1),
        after,
        difference: None,
    };
    Report {
        kind: Kind::Review,
        model: ModelInfo {
            name: "shop".into(),
            file: "models/shop.yaml".into(),
            hash: "4f1c0a7be2d19c35".into(),
            components: indexmap! { "service".into() => 5, "database".into() => 2, "cache".into() => 1, "queue".into() => 2, "external API".into() => 2 },
        },
        command: "simulate models/shop.yaml --load 10x --seed 1".into(),
        load: 10.0,
        seed: 1,
        replications: 5,
        complete: true,
        notes: Vec::new(),
        assumed: vec!["services.web.queue = 100".into(), "services.payments.queue = 100".into()],
        runs: vec![run("baseline", 1.0), run("load 10x", 10.0)],
        capacity: Some(Capacity {
            load: 4.9,
            low: 4.8,
            high: Some(5.0),
            limited_by: Some("orders-db.connections".into()),
            slo: Some("web.account p99 < 800ms".into()),
            bound: Some(Bound { load: 4.88, resource: "orders-db.connections".into() }),
            slos: vec![
                SloCapacity { slo: "web.account p99 < 800ms".into(), low: 4.8, high: Some(5.0) },
                SloCapacity { slo: "web.checkout p99 < 2s".into(), low: 5.6, high: Some(6.1) },
                SloCapacity { slo: "web.home p99 < 300ms".into(), low: 10.0, high: None },
            ],
        }),
        bottlenecks: Some(vec![Bottleneck {
            resource: "orders-db.connections".into(),
            rank: 1,
            from_load: 4.9,
            change: Some(change("databases.orders-db.connections", Some("20"), "40")),
            effect: capacity(around(6.8, 0.15)),
        }]),
        plan: Some(super::plan::fixture::plan(slow_stripe().fault)),
        failures: Some(vec![
            slow_stripe(),
            small_failure("kill:catalog-db@60s+30s", "web.search", 0.0, 0.2),
            small_failure("kill:orders-db@60s+30s", "web.account", 0.0, 1.0),
            small_failure("errors:stripe:50%@60s+120s", "web.checkout", 0.49, 1.0),
            Failure { users: Vec::new(), ..small_failure("latency:ads:+5s@60s+120s", "", 1.0, 1.0) },
        ]),
        unconfirmed: vec!["mailer killed".into(), "order-events cut off".into()],
        campaign: Some(campaign()),
        alerts: Some(vec![AlertInfo {
            name: "checkout-fails".into(),
            text: "web.checkout success < 99%".into(),
            false_pages: 2,
            watched_s: 1_500.0,
            tells: 1,
            place: Some(place(120)),
        }]),
        findings: Some(findings()),
        decoys: vec![Decoy {
            code: "missing-circuit-breaker".into(),
            subject: "web>ads".into(),
            why: "web gives ads 100ms and shows the page without them; a breaker changes nothing a user sees".into(),
            effect: None,
        }],
        scores: None,
        waived: Vec::new(),
        stale_waivers: Vec::new(),
        comparison: None,
        broken: None,
        pictures: None,
        traces: Vec::new(),
    }
}

/// One run with a fault.
pub(super) fn experiment() -> Report {
    let fault = FaultInfo::from(&crate::faults::Fault::parse_flag("latency:stripe:+5s@60s+120s").unwrap());
    let mut one = run("payment-provider-slow", 1.0);
    let phase = |name: &str, from_s, to_s, good, success: f64| Phase {
        name: name.into(),
        from_s,
        to_s,
        traffic: indexmap! { "shoppers".into() => PhaseTraffic {
        rate_per_s: 300.0, goodput_per_s: good, success_rate: Some(around(success, 0.004)), mean_ms: Some(around(31.0, 0.4)) } },
    };
    one.phases = vec![
        phase("before", 0.0, 60.0, 299.9, 0.9996),
        phase(&fault.text, 60.0, 180.0, 151.0, 0.5033),
        phase("after", 180.0, 300.0, 292.0, 0.973),
    ];
    one.faults = vec![fault];
    one.slos = slos([SloVerdict::Missed, SloVerdict::Met, SloVerdict::Unclear, SloVerdict::Missed]);
    Report {
        kind: Kind::Run,
        command: "simulate run models/shop.yaml --scenario payment-provider-slow --seed 1".into(),
        load: 1.0,
        runs: vec![one],
        capacity: None,
        bottlenecks: None,
        plan: None,
        failures: None,
        unconfirmed: Vec::new(),
        campaign: None,
        alerts: None,
        findings: None,
        decoys: Vec::new(),
        ..review()
    }
}
