//! The JSON Schema: it takes what the program takes, and refuses what editors should mark.

use crate::docs::{blocks, models_and_pages};
use crate::fields;
use serde_json::{Value, json};
use std::fs;
use tenfold::model::MODEL_SHAPE;
use tenfold::yaml::json_schema;

fn validator() -> jsonschema::Validator {
    jsonschema::draft7::new(&json_schema(&MODEL_SHAPE, "Tenfold model")).expect("the schema is one")
}

/// A model as any YAML reader hands it to a validator.
fn value(text: &str) -> Value {
    serde_yaml::from_str_with_options(text, serde_yaml::options! { strict_booleans: true })
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[track_caller]
fn check(validator: &jsonschema::Validator, name: &str, text: &str) {
    let value = value(text);
    let problems: Vec<String> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(problems.is_empty(), "{name}:\n{}\n{text}", problems.join("\n"));
}

#[test]
fn the_schema_is_a_schema() {
    let schema = json_schema(&MODEL_SHAPE, "Tenfold model");
    assert!(jsonschema::draft7::meta::is_valid(&schema));
    assert_eq!(schema["additionalProperties"], json!(false));
    let replicas = &schema["definitions"]["service"]["properties"]["replicas"];
    assert!(replicas["description"].as_str().unwrap().contains("Default 1"));
}

#[test]
fn no_two_descriptions_share_a_name() {
    let mut names: Vec<&str> = MODEL_SHAPE.walk().into_iter().map(|visit| visit.name()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn every_model_that_is_published_or_tested_fits_the_schema() {
    let validator = validator();
    for page in models_and_pages() {
        let text = fs::read_to_string(&page).unwrap();
        let name = page.display().to_string();
        match page.extension().is_some_and(|e| e == "md") {
            true => {
                blocks(&text, "yaml").iter().for_each(|(line, text)| check(&validator, &format!("{name}:{line}"), text))
            }
            false => check(&validator, &name, &text),
        }
    }
    fields::cases().for_each(|case| check(&validator, case.field, case.model));
}

#[test]
fn editors_mark_what_the_program_refuses() {
    let validator = validator();
    let rest = "services: { api: { work: 5ms } }";
    for wrong in [
        rest.to_owned(),
        format!("traffic: {{ rate: 100, to: api }}\n{rest}"),
        format!("traffic: {{ rate: 100/s, too: api }}\n{rest}"),
        format!("traffic: {{ rate: 100/s, to: api, arrivals: poison }}\n{rest}"),
        format!("traffic: {{ rate: 100/s, to: api, timeout: 5 }}\n{rest}"),
        "traffic: { rate: 1/s, to: api }\nservices: { api: { work: 5ms, replicas: 0 } }".into(),
        "traffic: { rate: 1/s, to: api }\nservices: { api: { work: { p50: 5ms } } }".into(),
        "traffic: { rate: 1/s, to: api }\nservices: { api: { endpoints: { get: [ { work: 5ms, call: b } ] } } }".into(),
        "traffic: { rate: 1/s, to: api }\nservices: { api: { work: 1ms } }\nslos: [ fast ]".into(),
        format!("traffic: {{ rate: 1/s, to: api }}\n{rest}\nscenarios: {{ a: {{ faults: [ {{ kil: api }} ] }} }}"),
    ] {
        assert!(!validator.is_valid(&value(&wrong)), "{wrong}");
    }
}

/// What commands print as JSON is what the published schema of it says, and no more.
#[test]
fn the_json_of_reports_fits_its_schema() {
    let schema = tenfold::report::json_schema();
    let validator = jsonschema::draft7::new(&schema).expect("the schema is one");
    let commands: [&[&str]; 5] = [
        &["models/petclinic.yaml", "--budget", "2M"],
        &["models/incidents/spotify-2013.yaml", "--budget", "2M"],
        &["models/shop.yaml", "--load", "10x", "--budget", "2M"],
        &["run", "models/online-boutique.yaml", "--duration", "10s", "--replications", "2"],
        &["check", "models/shop.yaml"],
    ];
    for arguments in commands {
        let mut command = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.args(arguments).args(["--format", "json", "--quiet"]).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let problems: Vec<String> =
            validator.iter_errors(&report).take(5).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(problems.is_empty(), "{arguments:?}:\n{}", problems.join("\n"));
        let mut wrong = report.clone();
        wrong["seed"] = json!("one");
        assert!(!validator.is_valid(&wrong), "a wrong type is refused");
        wrong = report;
        wrong["capcity"] = json!(1);
        assert!(!validator.is_valid(&wrong), "what there is not is refused");
    }
}
