//! Declarations: what the simulation does not need and a review does.

use crate::faults::Random;
use crate::plan::{Backups, Declarations, Failures, Files, Logs, Pagination, Sessions, Versioning};
use crate::yaml::{Field, Fields, Item, Problem, Shape, Takes};

/// What may be declared of everything we run.
pub static DECLARED_SHAPE: Shape = Shape::new(
    "declared",
    "What the simulation does not need and a review does. What is not declared is unknown, never bad.",
    &[
        Field::new("owner", Takes::Text, "Who answers for it; findings name them."),
        Field::new(
            "cost",
            Takes::Number,
            "What one replica (a node, a server) costs a month, in any currency; a fix that needs more of them says what it \
             costs.",
        ),
        Field::new("observability", Takes::Map(&OBSERVABILITY), "How one can see what it does."),
        Field::new(
            "failures",
            Takes::Map(&FAILURES),
            "How often it dies by itself: in `simulate run` and in scenarios, not in a review, which strikes on purpose.",
        ),
    ],
);

/// What may be declared of a service.
pub static SERVICE_DECLARED_SHAPE: Shape = Shape::new(
    "service_declared",
    "What may be declared of a service.",
    &[
        Field::new(
            "sessions",
            Takes::Word(&["none", "shared", "local"]),
            "Where sessions are kept: there are none (or a token carries all), outside, or in the memory of a replica.",
        ),
        Field::new(
            "files",
            Takes::Word(&["none", "object_storage", "shared_disk", "local_disk"]),
            "Where files of users are kept.",
        ),
        Field::new("api", Takes::Map(&API), "What its API promises."),
    ],
);

/// What may be declared of a database.
pub static DATABASE_DECLARED_SHAPE: Shape = Shape::new(
    "database_declared",
    "What may be declared of a database.",
    &[Field::new(
        "backups",
        Takes::Word(&["tested", "untested", "none"]),
        "Whether it is backed up: and restored from a backup at times, or nobody has tried, or not at all.",
    )],
);

static OBSERVABILITY: Shape = Shape::new(
    "observability",
    "How one can see what a component does.",
    &[
        Field::new(
            "logs",
            Takes::Word(&["structured", "plain", "none"]),
            "As fields that can be searched, as lines of text, or not at all.",
        ),
        Field::new("correlation_ids", Takes::Boolean, "Logs carry the number of the request, through all services."),
        Field::new("metrics", Takes::Boolean, "It exports metrics: rate, errors, duration, use of its resources."),
        Field::new("dashboards", Takes::Boolean, "Its metrics are on a dashboard."),
        Field::new("alerts", Takes::Boolean, "Somebody is paged when its metrics are out of bounds."),
        Field::new("traces", Takes::Boolean, "It takes part in distributed traces."),
        Field::new("error_tracking", Takes::Boolean, "Its errors are collected and grouped."),
    ],
);

static FAILURES: Shape = Shape::new(
    "failures",
    "How often a component dies by itself, each replica independent of the others; it is back, empty, after a while. Without \
     dependencies, a single replica is there for mtbf / (mtbf + mttr) of the time.",
    &[
        Field::required("mtbf", Takes::Duration, "How long it works on average, exponentially distributed."),
        Field::required("mttr", Takes::Duration, "How long it is dead on average, exponentially distributed."),
    ],
);

static API: Shape = Shape::new(
    "api",
    "What an API promises.",
    &[
        Field::new("versioning", Takes::Word(&["url", "header", "none"]), "How it is versioned."),
        Field::new("pagination", Takes::Word(&["cursor", "offset", "none"]), "How its lists are paginated."),
    ],
);

/// Reads the declarations that everything may have.
pub(super) fn read(fields: &mut Fields<'_>) -> Declarations {
    let mut declared = Declarations {
        owner: fields.optional("owner").and_then(|item| item.text()).map(str::to_owned),
        cost: fields.optional("cost").and_then(|item| item.number()),
        ..Declarations::default()
    };
    if let Some(item) = fields.optional("observability") {
        observability(&item, &mut declared);
    }
    declared.failures = fields.optional("failures").and_then(|item| failures(&item));
    declared
}

fn failures(item: &Item<'_>) -> Option<Failures> {
    let mut fields = item.shaped(&FAILURES)?;
    let mut time = |name, example| fields.required(name, example).and_then(|item| item.positive_duration());
    let (mtbf, mttr) = (time("mtbf", "mtbf: 30d"), time("mttr", "mttr: 5min"));
    fields.finish();
    let (mtbf, mttr) = (mtbf?, mttr?);
    if let Err(error) = Random::of(Some(mtbf), Some(mttr)) {
        item.problems().push(Problem::of_unit(item.value_place(), error));
        return None;
    }
    Some(Failures { mtbf, mttr })
}

fn observability(item: &Item<'_>, declared: &mut Declarations) {
    let Some(mut fields) = item.shaped(&OBSERVABILITY) else { return };
    let words = [("structured", Logs::Structured), ("plain", Logs::Plain), ("none", Logs::None)];
    declared.logs = fields.optional("logs").and_then(|item| item.word(&words));
    let mut flag = |name| fields.optional(name).and_then(|item| item.boolean());
    declared.correlation_ids = flag("correlation_ids");
    declared.metrics = flag("metrics");
    declared.dashboards = flag("dashboards");
    declared.alerts = flag("alerts");
    declared.traces = flag("traces");
    declared.error_tracking = flag("error_tracking");
    fields.finish();
}

/// Reads the declarations of a service.
pub(super) fn read_service(fields: &mut Fields<'_>) -> Declarations {
    let mut declared = read(fields);
    let sessions = [("none", Sessions::None), ("shared", Sessions::Shared), ("local", Sessions::Local)];
    declared.sessions = fields.optional("sessions").and_then(|item| item.word(&sessions));
    let files = [
        ("none", Files::None),
        ("object_storage", Files::Shared),
        ("shared_disk", Files::Shared),
        ("local_disk", Files::Local),
    ];
    declared.files = fields.optional("files").and_then(|item| item.word(&files));
    if let Some(mut api) = fields.optional("api").and_then(|item| item.shaped(&API)) {
        let words = [("url", Versioning::Versioned), ("header", Versioning::Versioned), ("none", Versioning::None)];
        declared.versioning = api.optional("versioning").and_then(|item| item.word(&words));
        let words = [("cursor", Pagination::Cursor), ("offset", Pagination::Offset), ("none", Pagination::None)];
        declared.pagination = api.optional("pagination").and_then(|item| item.word(&words));
        api.finish();
    }
    declared
}

/// Reads the declarations of a database.
pub(super) fn read_database(fields: &mut Fields<'_>) -> Declarations {
    let words = [("tested", Backups::Tested), ("untested", Backups::Untested), ("none", Backups::None)];
    let backups = fields.optional("backups").and_then(|item| item.word(&words));
    Declarations { backups, ..read(fields) }
}
