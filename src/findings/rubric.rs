//! The scores: production readiness out of ten, and observability from A to F.
//!
//! Ten points, one for each line of a checklist. What a run can show is decided by the review's runs, the rest by what the
//! model declares; what is neither declared nor simulated is unknown, and earns nothing.

use super::{Evidence, Finding};
use crate::plan::{Backups, Component, ComponentId, Contents, Logs, Party, Station, Versioning};

/// One line of the checklist.
#[derive(Debug)]
pub struct Item {
    /// What.
    pub name: &'static str,
    /// When it is passed, failed and unknown.
    pub rule: &'static str,
    judge: fn(&Case) -> Mark,
}

/// How a line was judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// `None` when it is neither declared nor simulated.
    pub passed: Option<bool>,
    /// Why, in a few words.
    pub why: String,
}

/// The checklist of production readiness.
pub static READINESS: [Item; 10] = [
    Item {
        name: "health checks",
        rule: "Every service with several replicas has a `health_check`, and no run shows it to do harm \
               (deep-health-check, ejects-busy-replicas).",
        judge: health,
    },
    Item {
        name: "structured logs",
        rule: "Every service declares `logs: structured` and `correlation_ids: true`.",
        judge: |case| case.declared(case.services(), "logs", logs),
    },
    Item {
        name: "metrics and dashboards",
        rule: "Every service, database, cache and queue declares `metrics: true` and `dashboards: true`.",
        judge: |case| {
            case.declared(case.own(), "metrics and dashboards", |c| both(c.declared.metrics, c.declared.dashboards))
        },
    },
    Item {
        name: "error tracking",
        rule: "Every service declares `error_tracking: true`.",
        judge: |case| case.declared(case.services(), "error_tracking", |c| c.declared.error_tracking),
    },
    Item {
        name: "graceful shutdown",
        rule: "Every service says how its replicas start or stop (`startup`, `grace`), and no deployment loses requests \
               without need (not-graceful-shutdown).",
        judge: shutdown,
    },
    Item {
        name: "connection pooling",
        rule: "Every caller of a database has a `pool`, and none is too small or too large (connection-pool-too-small, \
               connection-pool-too-large).",
        judge: pooling,
    },
    Item {
        name: "cache strategy",
        rule: "Every cache is simulated by its `keys`, its loss and its expiry do no avoidable harm (cache-stampede, \
               cache-hides-capacity). Without a cache: passed.",
        judge: caching,
    },
    Item {
        name: "rate limiting",
        rule: "Every service that users call limits or sheds what it lets in (`rate_limit`, `load_shedding`, \
               `concurrency_limit`), and no rush shows that one is missing (rate-limit-missing, missing-load-shedding).",
        judge: limiting,
    },
    Item {
        name: "API versioning",
        rule: "Every service that users call declares its `api: { versioning: … }`.",
        judge: |case| {
            let versioned = |c: &Component| c.declared.versioning.map(|v| v != Versioning::None);
            case.declared(case.fronts(), "versioning", versioned)
        },
    },
    Item {
        name: "tested backups",
        rule: "Every database declares `backups: tested`. Without a database: passed.",
        judge: |case| {
            case.declared(case.of("databases."), "backups", |c| c.declared.backups.map(|b| b == Backups::Tested))
        },
    },
];

/// What observability is graded by.
pub static OBSERVABILITY: &str = "One point each for logs (structured, with correlation IDs), metrics (with dashboards) and traces, \
as the share of the services that declare them, and one for detection: the share of the simulated failures that hurt users \
of which an alert of the model tells. A from 3.5, B from 2.75, C from 2, D from 1, else F. Where nothing of this is \
declared there is no grade.";

/// The scores of a review.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// From 0 to 10.
    pub readiness: u32,
    /// The lines of the checklist.
    pub items: Vec<(&'static str, Mark)>,
    /// A to F, with the points behind it; `None` where nothing is declared.
    pub observability: Option<(char, String)>,
}

/// Judges a review and its findings.
pub fn scores(evidence: &Evidence, findings: &[Finding]) -> Scores {
    let case = Case { evidence, findings };
    let items: Vec<_> = READINESS.iter().map(|item| (item.name, (item.judge)(&case))).collect();
    let readiness = items.iter().filter(|(_, mark)| mark.passed == Some(true)).count() as u32;
    Scores { readiness, items, observability: grade(&case) }
}

struct Case<'a> {
    evidence: &'a Evidence<'a>,
    findings: &'a [Finding],
}

impl Case<'_> {
    fn components(&self, which: impl Fn(ComponentId, &Component) -> bool) -> Vec<&Component> {
        let all = self.evidence.model.plan.components.iter().enumerate();
        all.filter(|(i, c)| which(ComponentId::new(*i), c)).map(|(_, c)| c).collect()
    }

    fn of(&self, section: &str) -> Vec<&Component> {
        self.components(|_, c| c.origin.path.starts_with(section))
    }

    fn services(&self) -> Vec<&Component> {
        self.of("services.")
    }

    /// All that is not somebody else's.
    fn own(&self) -> Vec<&Component> {
        self.components(|_, c| !c.origin.path.starts_with("external."))
    }

    /// Services that users call.
    fn fronts(&self) -> Vec<&Component> {
        let plan = &self.evidence.model.plan;
        let called = |id| plan.edges.iter().any(|e| e.to == id && matches!(e.from, Party::Source(_)));
        self.components(|id, c| c.origin.path.starts_with("services.") && called(id))
    }

    /// The places in which a component does its work.
    fn stations(&self, component: &Component) -> impl Iterator<Item = &Station> {
        let plan = &self.evidence.model.plan;
        plan.stations.iter().filter(|s| plan.components[s.component.index()].name == component.name)
    }

    /// Passed if all say yes, failed if one says no, else unknown.
    fn declared(&self, of: Vec<&Component>, what: &str, says: impl Fn(&Component) -> Option<bool>) -> Mark {
        let names = |wanted: Option<bool>| {
            let those: Vec<&str> = of.iter().filter(|c| says(c) == wanted).map(|c| c.name.as_str()).collect();
            list_some(&those)
        };
        let (no, silent) = (names(Some(false)), names(None));
        match (no.is_empty(), silent.is_empty()) {
            (false, _) => Mark { passed: Some(false), why: format!("not for {no}") },
            (true, false) => Mark { passed: None, why: format!("{what} not declared for {silent}") },
            (true, true) if of.is_empty() => Mark { passed: Some(true), why: "nothing needs it".into() },
            (true, true) => Mark { passed: Some(true), why: "for all".into() },
        }
    }

    /// Failed if one of these was found.
    fn found(&self, codes: &[&str]) -> Option<Mark> {
        let first = self.findings.iter().find(|f| codes.contains(&f.code))?;
        Some(Mark { passed: Some(false), why: format!("{} on {}", first.code, first.subject) })
    }
}

/// The first three, and how many more.
fn list_some(names: &[&str]) -> String {
    let first: Vec<String> = names.iter().take(3).map(|n| (*n).to_owned()).collect();
    match names.len() - first.len() {
        0 => super::words::list(&first),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn logs(component: &Component) -> Option<bool> {
    both(component.declared.logs.map(|l| l == Logs::Structured), component.declared.correlation_ids)
}

fn health(case: &Case) -> Mark {
    let mut many = case.services();
    many.retain(|c| case.stations(c).any(|s| s.replicas > 1));
    let checked =
        |c: &Component| case.stations(c).any(|s| s.fleet.as_ref().is_some_and(|f| f.health.is_some())).then_some(true);
    let harm = case.found(&["deep-health-check", "ejects-busy-replicas"]);
    harm.unwrap_or_else(|| case.declared(many, "health_check", checked))
}

fn shutdown(case: &Case) -> Mark {
    let says = |c: &Component| case.stations(c).any(|s| s.fleet.is_some()).then_some(true);
    case.found(&["not-graceful-shutdown"]).unwrap_or_else(|| case.declared(case.services(), "startup or grace", says))
}

fn pooling(case: &Case) -> Mark {
    let plan = &case.evidence.model.plan;
    let to_database = |e: &&crate::plan::Edge| {
        plan.components[e.to.index()].origin.path.starts_with("databases.") && matches!(e.from, Party::Component(_))
    };
    let mut edges = plan.edges.iter().filter(to_database).peekable();
    let bad = case.found(&["connection-pool-too-small", "connection-pool-too-large"]);
    let without = edges.peek().is_none();
    bad.unwrap_or_else(|| match edges.find(|e| e.pool.is_none() && !e.inside) {
        Some(edge) => Mark { passed: None, why: format!("no pool declared for {}", edge.name) },
        None if without => Mark { passed: Some(true), why: "nothing needs it".into() },
        None => Mark { passed: Some(true), why: "for all, and of a fitting size".into() },
    })
}

fn caching(case: &Case) -> Mark {
    let plan = &case.evidence.model.plan;
    let stated = plan.caches.iter().find(|c| matches!(c.contents, Contents::Stated(_)));
    case.found(&["cache-stampede", "cache-hides-capacity"]).unwrap_or_else(|| match stated {
        Some(cache) => {
            let name = case.evidence.component(cache.component);
            Mark { passed: None, why: format!("{name} has a stated hit ratio; its expiry cannot be simulated") }
        }
        None if plan.caches.is_empty() => Mark { passed: Some(true), why: "nothing needs it".into() },
        None => Mark { passed: Some(true), why: "losing a cache does no avoidable harm".into() },
    })
}

fn limiting(case: &Case) -> Mark {
    let admits = |s: &Station| {
        s.rate_limit.is_some() || s.admission.load_shedding.is_some() || s.admission.concurrency_limit.is_some()
    };
    let limits = |c: &Component| case.stations(c).any(admits).then_some(true);
    let missing = case.found(&["rate-limit-missing", "missing-load-shedding"]);
    missing.unwrap_or_else(|| case.declared(case.fronts(), "rate_limit or load_shedding", limits))
}

/// The grade, with the points of logs, metrics, traces and detection.
fn grade(case: &Case) -> Option<(char, String)> {
    let services = case.services();
    let share = |says: &dyn Fn(&Component) -> Option<bool>| -> Option<f64> {
        let known = services.iter().filter(|c| says(c).is_some()).count();
        let yes = services.iter().filter(|c| says(c) == Some(true)).count();
        (known > 0).then(|| yes as f64 / services.len() as f64)
    };
    let told = || {
        if case.evidence.model.alerts.is_empty() {
            return None;
        }
        let hurting: Vec<_> = case.evidence.confirmed().filter(|(_, f)| f.hurts()).collect();
        let loud = hurting.iter().filter(|(_, f)| !f.detection.is_silent()).count();
        (!hurting.is_empty()).then(|| loud as f64 / hurting.len() as f64)
    };
    let points = [
        ("logs", share(&logs)),
        ("metrics", share(&|c| both(c.declared.metrics, c.declared.dashboards))),
        ("traces", share(&|c| c.declared.traces)),
        ("detection", told()),
    ];
    if points.iter().all(|(_, p)| p.is_none()) {
        return None;
    }
    let sum: f64 = points.iter().filter_map(|(_, p)| *p).sum();
    let grade = match sum {
        s if s >= 3.5 => 'A',
        s if s >= 2.75 => 'B',
        s if s >= 2.0 => 'C',
        s if s >= 1.0 => 'D',
        _ => 'F',
    };
    let words: Vec<String> = points
        .iter()
        .map(|(name, p)| p.map_or(format!("{name} unknown"), |p| format!("{name} {:.0}%", 100.0 * p)))
        .collect();
    Some((grade, words.join(", ")))
}
