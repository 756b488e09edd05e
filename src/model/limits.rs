//! Limits: how far a plan to more load may go.

use crate::yaml::{Document, Field, Item, Shape, Takes, did_you_mean};

/// What a plan may not exceed; the fields are those of `LIMITS_SHAPE`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    /// Replicas of one service, or read replicas of one database.
    pub replicas: Option<f64>,
    /// Connections of one database.
    pub connections: Option<f64>,
    /// What everything may cost a month.
    pub cost: Option<f64>,
    /// Single numbers of the model, by their path.
    pub paths: Vec<(String, f64)>,
}

/// How far a plan to more load may go.
pub static LIMITS_SHAPE: Shape = Shape::new(
    "limits",
    "How far a plan to more load may go. Where none exists within them, the review says which one is in the way.",
    &[
        Field::new(
            "replicas",
            Takes::Whole(1, u32::MAX),
            "The most replicas of one service, or read replicas of one database. Default: any number.",
        ),
        Field::new(
            "connections",
            Takes::Whole(1, u32::MAX),
            "The most connections of one database. Default: any number.",
        ),
        Field::new(
            "cost",
            Takes::Number,
            "What all that declares a `cost` may cost a month together, in the currency of `cost`. Default: anything.",
        ),
        Field::new(
            "paths",
            Takes::Named(&Takes::Number),
            "The most for single numbers of the model by their path, as `--set` takes it: `services.web.replicas: 8`.",
        ),
    ],
);

impl Limits {
    /// The most that may stand at a path, and the limit that says so.
    pub fn most(&self, path: &str) -> Option<(f64, String)> {
        if let Some((_, most)) = self.paths.iter().find(|(of, _)| of == path) {
            return Some((*most, format!("limits.paths.{path}")));
        }
        match path.rsplit('.').next()? {
            "replicas" | "read_replicas" | "max" => self.replicas.map(|most| (most, "limits.replicas".into())),
            "connections" => self.connections.map(|most| (most, "limits.connections".into())),
            _ => None,
        }
    }
}

/// Reads `limits`.
pub(super) fn read(item: &Item<'_>, document: &Document) -> Option<Limits> {
    let mut fields = item.shaped(&LIMITS_SHAPE)?;
    let mut whole = |name| fields.optional(name).and_then(|item| item.whole(1, u32::MAX)).map(f64::from);
    let (replicas, connections) = (whole("replicas"), whole("connections"));
    let cost = fields.optional("cost").and_then(|item| item.number());
    let paths = fields.optional("paths").map(|item| item.entries()).unwrap_or_default();
    fields.finish();
    let paths = paths.iter().filter_map(|item| {
        known(item, document);
        Some((item.name.clone(), item.number()?))
    });
    Some(Limits { replicas, connections, cost, paths: paths.collect() })
}

/// A limit on a component that does not exist would limit nothing.
fn known(item: &Item<'_>, document: &Document) {
    let mut parts = item.name.splitn(3, '.');
    let (section, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if !name.is_empty() && parts.next().is_some() && document.get(&format!("{section}.{name}")).is_some() {
        return;
    }
    let there = document.get(section).map(|node| node.keys()).unwrap_or_default();
    let hint = match did_you_mean(name, there) {
        Some(near) => format!("did you mean `{section}.{near}`?"),
        None => "write the path of a number, such as `services.web.replicas: 8`".into(),
    };
    item.problem_at_key(format!("`{}` is no path into a component", item.name), hint);
}
