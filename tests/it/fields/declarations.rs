//! Declarations: what the simulation does not need. Each changes a named finding.

use crate::common::model;
use tenfold::experiments::{Options, Quiet, review};
use tenfold::findings::{self, Evidence, Finding};
use tenfold::graph::Graph;
use tenfold::model::Model;
use tenfold::units::Quantity;

/// One declaration, one change, one finding that changes.
pub struct Declaration {
    /// The shape and its field: `api.versioning`.
    pub field: &'static str,
    /// What stands in the model before.
    given: &'static [(&'static str, &'static str)],
    /// What is changed.
    pub change: (&'static str, &'static str),
    /// The finding.
    code: &'static str,
    /// What becomes of it.
    becomes: Becomes,
}

#[derive(Clone, Copy, Debug)]
enum Becomes {
    /// It was not there before.
    There,
    /// It was there before.
    Gone,
    /// It says this, and did not before.
    Says(&'static str),
}
use Becomes::{Gone, Says, There};

const MODEL: &str = "
traffic: { rate: 100/s, to: api }
services: { api: { work: 10ms, calls: [ db ], concurrency: 1, replicas: 2, queue: 10, dependencies: { db: { timeout: 1s } } } }
databases: { db: { query: 1ms } }
slos: [ api success >= 99% ]
";

const fn says(
    field: &'static str,
    given: &'static [(&'static str, &'static str)],
    change: (&'static str, &'static str),
    code: &'static str,
    becomes: Becomes,
) -> Declaration {
    Declaration { field, given, change, code, becomes }
}

const PLAIN: (&str, &str) = ("services.api.observability", "{ logs: plain, metrics: false }");

pub const DECLARATIONS: &[Declaration] = &[
    says(
        "service.stack",
        &[PLAIN],
        ("services.api.stack", "django"),
        "missing-structured-logs",
        Says("django-structlog"),
    ),
    says(
        "database.engine",
        &[("databases.db.backups", "untested")],
        ("databases.db.engine", "postgres"),
        "untested-backups",
        Says("pgBackRest"),
    ),
    says(
        "cache.engine",
        &[("caches", "{ c: { observability: { metrics: false } } }")],
        ("caches.c.engine", "redis"),
        "missing-metrics",
        Says("redis_exporter"),
    ),
    says(
        "queue.engine",
        &[("queues", "{ q: { observability: { metrics: false } } }")],
        ("queues.q.engine", "rabbitmq"),
        "missing-metrics",
        Says("rabbitmq_prometheus"),
    ),
    says(
        "declared.owner",
        &[PLAIN],
        ("services.api.owner", "team-shop"),
        "missing-metrics",
        Says("belongs to team-shop"),
    ),
    says("declared.cost", &[], ("services.api.cost", "40"), "saturated-resource", Says("more a month")),
    says("declared.observability", &[], ("services.api.observability", "{ traces: false }"), "missing-tracing", There),
    says(
        "observability.logs",
        &[],
        ("services.api.observability", "{ logs: plain }"),
        "missing-structured-logs",
        There,
    ),
    says(
        "observability.logs",
        &[PLAIN],
        ("services.api.observability.logs", "structured"),
        "missing-structured-logs",
        Gone,
    ),
    says(
        "observability.correlation_ids",
        &[],
        ("services.api.observability", "{ correlation_ids: false }"),
        "missing-correlation-ids",
        There,
    ),
    says("observability.metrics", &[PLAIN], ("services.api.observability.metrics", "true"), "missing-metrics", Gone),
    says(
        "observability.dashboards",
        &[],
        ("services.api.observability", "{ dashboards: false }"),
        "missing-dashboards",
        There,
    ),
    says("observability.alerts", &[], ("services.api.observability", "{ alerts: false }"), "missing-alerts", There),
    says("observability.traces", &[], ("services.api.observability", "{ traces: false }"), "missing-tracing", There),
    says(
        "observability.error_tracking",
        &[],
        ("services.api.observability", "{ error_tracking: false }"),
        "missing-error-tracking",
        There,
    ),
    says("service_declared.sessions", &[], ("services.api.sessions", "local"), "local-sessions", There),
    says(
        "service_declared.sessions",
        &[("services.api.sessions", "local")],
        ("services.api.sessions", "shared"),
        "local-sessions",
        Gone,
    ),
    says("service_declared.files", &[], ("services.api.files", "local_disk"), "local-files", There),
    says(
        "service_declared.files",
        &[("services.api.files", "local_disk")],
        ("services.api.files", "object_storage"),
        "local-files",
        Gone,
    ),
    says(
        "service_declared.files",
        &[("services.api.files", "local_disk")],
        ("services.api.files", "shared_disk"),
        "local-files",
        Gone,
    ),
    says("service_declared.api", &[], ("services.api.api", "{ versioning: none }"), "missing-api-versioning", There),
    says("api.versioning", &[], ("services.api.api", "{ versioning: none }"), "missing-api-versioning", There),
    says(
        "api.versioning",
        &[("services.api.api", "{ versioning: none }")],
        ("services.api.api.versioning", "url"),
        "missing-api-versioning",
        Gone,
    ),
    says("api.pagination", &[], ("services.api.api", "{ pagination: offset }"), "unpaginated-api", There),
    says(
        "api.pagination",
        &[("services.api.api", "{ pagination: none }")],
        ("services.api.api.pagination", "cursor"),
        "unpaginated-api",
        Gone,
    ),
    says(
        "limits.replicas",
        &[],
        ("limits", "{ replicas: 3 }"),
        "slo-missed-at-target",
        Says("`limits.replicas` allows 3"),
    ),
    says(
        "limits.paths",
        &[],
        ("limits", "{ paths: { services.api.replicas: 3 } }"),
        "slo-missed-at-target",
        Says("allows 3"),
    ),
    says(
        "limits.connections",
        &[("databases.db", "{ connections: 1, query: 3ms }"), ("services.api.replicas", "20")],
        ("limits", "{ connections: 1 }"),
        "slo-missed-at-target",
        Says("`limits.connections` allows 1"),
    ),
    says(
        "limits.cost",
        &[("services.api.cost", "100")],
        ("limits", "{ cost: 300 }"),
        "slo-missed-at-target",
        Says("all together would cost"),
    ),
    says("database_declared.backups", &[], ("databases.db.backups", "none"), "untested-backups", There),
    says(
        "database_declared.backups",
        &[("databases.db.backups", "untested")],
        ("databases.db.backups", "tested"),
        "untested-backups",
        Gone,
    ),
];

/// What is found; a finding that needs runs gets a small review at 10x.
fn found(model: &Model, simulated: bool) -> Vec<Finding> {
    let graph = Graph::new(&model.plan);
    let options = Options { loads: vec![Quantity::Factor(10.0)], replications: 2, budget: 4e6, ..Options::default() };
    let review = simulated.then(|| review(model, &options, &Quiet));
    findings::look(&Evidence { model, graph: &graph, review: review.as_ref() })
}

fn judge(declaration: &Declaration) -> Result<(), String> {
    let base = model(MODEL);
    let change = |model: &Model, (path, to): (&str, &str)| {
        let change = model.change(path, to);
        model.with(&[change]).unwrap_or_else(|problems| panic!("{path} = {to}: {problems:?}"))
    };
    let before = declaration.given.iter().fold(base, |model, given| change(&model, *given));
    let after = change(&before, declaration.change);
    let simulated = findings::lint(declaration.code).is_some_and(|lint| !lint.is_static);
    let told = |model: &Model| {
        let of_code = found(model, simulated).into_iter().filter(|f| f.code == declaration.code);
        of_code.map(|f| f.evidence.join(" ")).collect::<Vec<String>>()
    };
    let (before, after) = (told(&before), told(&after));
    let as_told = match declaration.becomes {
        There => before.is_empty() && !after.is_empty(),
        Gone => !before.is_empty() && after.is_empty(),
        Says(words) => {
            let said = |all: &[String]| all.iter().any(|text| text.contains(words));
            !said(&before) && said(&after)
        }
    };
    let becomes = declaration.becomes;
    let field = declaration.field;
    if as_told {
        Ok(())
    } else {
        Err(format!("{field}: {} should be {becomes:?}: {before:?}, {after:?}", declaration.code))
    }
}

#[test]
fn every_declaration_changes_its_finding() {
    let wrong: Vec<String> = DECLARATIONS.iter().filter_map(|declaration| judge(declaration).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
