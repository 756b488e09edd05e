//! The order in which a model is read.

use super::alert::{self, ALERT_SHAPE, Alert};
use super::limits::{self, LIMITS_SHAPE, Limits};
use super::margins::{self, MARGINS_SHAPE, Margins};
use super::scenario::SCENARIO_SHAPE;
use super::traffic::TRAFFIC_SHAPE;
use super::waiver::{self, WAIVER_SHAPE, Waiver};
use super::{Model, checks, expect, scenario, traffic};
use crate::kinds::{Kind, SECTIONS, SECTIONS_SHAPE, Wiring};
use crate::yaml::{Document, Field, Fields, Item, Problem, Problems, Shape, Takes};

/// A whole model.
pub static MODEL_SHAPE: Shape = Shape::new(
    "model",
    "An architecture: who calls, what we run, what should hold, and what may happen.",
    &[
        Field::new("name", Takes::Text, "What it is called in reports. Default: the file's name."),
        Field::required(
            "traffic",
            Takes::Any(&[Takes::Map(&TRAFFIC_SHAPE), Takes::Named(&Takes::Map(&TRAFFIC_SHAPE))]),
            "Who calls, how often: one source, or several by name.",
        ),
        Field::new("slos", Takes::List(&Takes::Expectation), "What should hold at all times."),
        Field::new("alerts", Takes::Named(&Takes::Map(&ALERT_SHAPE)), "When somebody is paged, by name."),
        Field::new(
            "scenarios",
            Takes::Named(&Takes::Map(&SCENARIO_SHAPE)),
            "What may happen, and what should hold then.",
        ),
        Field::new("limits", Takes::Map(&LIMITS_SHAPE), "How far a plan to more load may go."),
        Field::new(
            "ignore",
            Takes::List(&Takes::Map(&WAIVER_SHAPE)),
            "Findings that are accepted, each with its reason.",
        ),
        Field::new(
            "margins",
            Takes::Map(&MARGINS_SHAPE),
            "How much a figure may differ from a baseline before it counts as a regression.",
        ),
    ],
)
.with(&[&SECTIONS_SHAPE]);

pub(super) fn read(document: Document) -> Result<Model, Vec<Problem>> {
    let problems = Problems::with_files(&document.files);
    let model = read_root(&document, &problems);
    if !problems.is_empty() {
        return Err(problems.into_vec());
    }
    let Parts { name, plan, slos, alerts, scenarios, limits, waivers, margins, assumed } = model;
    Ok(Model { name, plan, slos, alerts, scenarios, limits, waivers, margins, assumed, document })
}

/// A model without the document it was read from.
struct Parts {
    name: String,
    plan: crate::plan::Plan,
    slos: Vec<expect::Expectation>,
    alerts: Vec<Alert>,
    scenarios: Vec<scenario::Scenario>,
    limits: Limits,
    waivers: Vec<Waiver>,
    margins: Margins,
    assumed: Vec<String>,
}

fn read_root(document: &Document, problems: &Problems) -> Parts {
    let root = Item::root(&document.root, problems);
    // The document is a map: `Document::parse` has seen to it, and no change can make it anything else.
    let Some(mut fields) = root.shaped(&MODEL_SHAPE) else { return Parts::empty() };
    let name = fields.optional("name").and_then(|item| item.text()).map(str::to_owned);
    let traffic_item = fields.required("traffic", "traffic: { rate: 100/s, to: api }");
    let mut components = read_sections(&mut fields);
    let slos = fields.optional("slos");
    let scenarios = fields.optional("scenarios");
    let alerts = fields.optional("alerts");
    let limits = fields.optional("limits");
    let waivers = fields.optional("ignore");
    let margins = fields.optional("margins");
    fields.finish();

    let mut wiring = Wiring::default();
    for component in &mut components {
        component.declare(&mut wiring);
    }
    let sources = traffic_item.map(|item| traffic::read(&item, &mut wiring)).unwrap_or_default();
    for component in &components {
        component.lower(&mut wiring);
    }
    for source in sources {
        source.lower(&mut wiring);
    }
    wiring.write_transactions();
    checks::check(&wiring, problems);
    let (mut plan, assumed) = (wiring.builder.finish(), wiring.assumed);
    let alerts = alerts.map(|item| alert::read_all(&item, &plan)).unwrap_or_default();
    let slos = slos.map(|item| expect::read_objectives(&item, &plan)).unwrap_or_default();
    let scenarios = scenarios.map(|item| scenario::read_all(&item, &plan)).unwrap_or_default();
    let expected = slos.iter().chain(scenarios.iter().flat_map(|s| &s.expect));
    plan.watches = alert::watches(&alerts, expected, &plan);
    Parts {
        name: name.unwrap_or_else(|| stem(&document.file)),
        slos,
        scenarios,
        alerts,
        limits: limits.and_then(|item| limits::read(&item, document)).unwrap_or_default(),
        waivers: waivers.map(|item| waiver::read_all(&item)).unwrap_or_default(),
        margins: margins.and_then(|item| margins::read(&item)).unwrap_or_default(),
        plan,
        assumed,
    }
}

/// Reads every component of every section.
fn read_sections<'a>(fields: &mut Fields<'a>) -> Vec<Box<dyn Kind<'a> + 'a>> {
    let mut components = Vec::new();
    for section in SECTIONS {
        let Some(item) = fields.optional(section.name) else { continue };
        components.extend(item.entries().iter().filter_map(|entry| (section.read)(entry)));
    }
    components
}

/// The name of a file without its folders and its extension.
fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

impl Parts {
    fn empty() -> Parts {
        Parts {
            name: String::new(),
            plan: crate::plan::Plan::default(),
            slos: Vec::new(),
            alerts: Vec::new(),
            scenarios: Vec::new(),
            limits: Limits::default(),
            waivers: Vec::new(),
            margins: Margins::default(),
            assumed: Vec::new(),
        }
    }
}
