//! What the guide gives to build servers: it is valid there, and every command in it is one that the program takes, and does.

use super::docs::{blocks, pages};
use super::testing::Folder;
use serde_json::{Value, json};
use std::fs;

/// A service that answers in time, however short it is looked at.
const MODEL: &str = "name: small
traffic: { callers: { rate: 20/s, to: api } }
services: { api: { work: 5ms, calls: [ db ] } }
databases: { db: { query: 3ms, backups: tested } }
slos: [ api success >= 99%, api mean < 1s ]
";

/// The files for build servers in the guide on testing, by what stands in them.
fn example(mark: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/src/guide/testing.md");
    let found: Vec<String> = blocks(&fs::read_to_string(page).unwrap(), "yml").into_iter().map(|b| b.1).collect();
    let with: Vec<&String> = found.iter().filter(|text| text.contains(mark)).collect();
    assert_eq!(with.len(), 1, "one example has `{mark}`");
    with[0].clone()
}

fn value(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

#[track_caller]
fn valid(schema: &Value, example: &str) -> Value {
    let validator = jsonschema::draft7::new(schema).unwrap();
    let value = value(example);
    let problems: Vec<String> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(problems.is_empty(), "{}\n{example}", problems.join("\n"));
    value
}

#[test]
fn the_workflow_is_one_for_github() {
    let schema: Value = serde_json::from_str(include_str!("schemas/github-workflows.json")).unwrap();
    let workflow = valid(&schema, &example("runs-on:"));
    let mut wrong = workflow.clone();
    wrong["jobs"]["models"]["steps"][0]["use"] = json!("actions/checkout@v4");
    assert!(!jsonschema::draft7::is_valid(&schema, &wrong), "a misspelt key is refused");
    // Without this right GitHub takes no SARIF.
    assert_eq!(workflow["permissions"]["security-events"], "write");
}

#[test]
fn the_job_is_one_for_gitlab() {
    let schema: Value = serde_json::from_str(include_str!("schemas/gitlab-ci.json")).unwrap();
    let job = valid(&schema, &example("codequality:"));
    let mut wrong = job;
    wrong["models"]["artifacts"]["reports"]["codequality"] = json!(7);
    assert!(!jsonschema::draft7::is_valid(&schema, &wrong), "a wrong type is refused");
}

/// The keys of pre-commit's documentation for hooks that are on the machine already; `pre-commit validate-config` agrees.
#[test]
fn the_hook_is_one_for_pre_commit() {
    let text = json!({ "type": "string", "minLength": 1 });
    let schema = json!({
        "type": "object", "required": [ "repos" ], "additionalProperties": false,
        "properties": { "repos": { "type": "array", "minItems": 1, "items": {
            "type": "object", "required": [ "repo", "hooks" ], "additionalProperties": false,
            "properties": { "repo": { "const": "local" }, "hooks": { "type": "array", "minItems": 1, "items": {
                "type": "object", "required": [ "id", "name", "entry", "language" ], "additionalProperties": false,
                "properties": {
                    "id": text, "name": text, "entry": text, "language": { "enum": [ "system" ] }, "files": text,
                    "exclude": text, "pass_filenames": { "type": "boolean" }
                }
            } } }
        } } }
    });
    let config = valid(&schema, &example("repos:"));
    let mut wrong = config;
    wrong["repos"][0]["hooks"][0]["file"] = json!("x");
    assert!(!jsonschema::draft7::is_valid(&schema, &wrong), "a misspelt key is refused");
}

/// The commands of an example, as a shell runs them.
fn commands(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&value(text), &mut found);
    found.retain(|command| command.starts_with("simulate "));
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.extend(text.lines().map(|line| line.trim().to_owned())),
        Value::Array(all) => all.iter().for_each(|value| collect(value, found)),
        Value::Object(all) => all.values().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// In a repository with a model and its baseline each example passes and leaves the files that its build server picks up; and
/// when the service gets slower, the build fails.
#[test]
fn the_examples_run() {
    let folder = Folder::with(&[("models/small.yaml", MODEL)]);
    let short = "seed: 1\nreplications: 2\n";
    fs::write(folder.path("tenfold.yaml"), short).unwrap();
    folder.run("test models/ --write-baseline models/baseline.yaml").code(0);
    let files: [(&str, &[&str]); 2] =
        [("runs-on:", &["tenfold.sarif", "summary.md"]), ("codequality:", &["junit.xml", "quality.json"])];
    for (mark, leaves) in files {
        let commands = commands(&example(mark));
        assert!(!commands.is_empty(), "{mark}");
        let all = |code: i32| {
            for command in &commands {
                let command = command.replace("\"$GITHUB_STEP_SUMMARY\"", "summary.md");
                folder.run(command.strip_prefix("simulate ").unwrap()).code(code);
            }
        };
        all(0);
        for file in leaves {
            let text = folder.text(file);
            assert!(text.contains("small") || file.ends_with("quality.json"), "{file}: {text}");
            fs::remove_file(folder.path(file)).unwrap();
        }
        fs::write(folder.path("models/small.yaml"), MODEL.replace("work: 5ms", "work: 15ms")).unwrap();
        all(1);
        fs::write(folder.path("models/small.yaml"), MODEL).unwrap();
    }
    for hook in commands(&example("repos:")) {
        folder.run(&format!("{} models/small.yaml", hook.strip_prefix("simulate ").unwrap())).code(0);
    }
}

/// Of every command on every page that begins with `simulate`: clap reads the arguments before `--help`, and refuses what it
/// does not know.
#[test]
fn every_command_that_is_shown_is_taken() {
    let folder = Folder::with(&[]);
    let mut read = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let shown = text.lines().map(|line| line.trim().trim_start_matches("- ").trim_start_matches("run: "));
        let spans = text.split('`').skip(1).step_by(2).filter(|span| !span.contains('\n'));
        for command in shown.chain(spans).filter_map(|line| line.strip_prefix("simulate ")) {
            // What it does stands behind three spaces; brackets say that something may be left out.
            let command = command.split("   ").next().unwrap().split(" > ").next().unwrap();
            let command = command.replace(['[', ']', '"', '…'], "");
            if command.split_whitespace().any(|word| word.chars().all(char::is_alphabetic) && !is_known(word)) {
                continue;
            }
            folder.run(&format!("{command} --help")).code(0);
            read += 1;
        }
    }
    assert!(read >= 25, "only {read} commands were found");
    folder.run("test models/ --strickt --help").code(2);
}

/// Placeholders in capitals, subcommands and formats; any other plain word makes it a sentence and no command.
fn is_known(word: &str) -> bool {
    const WORDS: &[&str] = &["run", "test", "check", "compare", "explain", "verify", "schema", "never", "slow"];
    word.chars().all(char::is_uppercase) || WORDS.contains(&word) || is_format(word)
}

fn is_format(word: &str) -> bool {
    tenfold::report::FORMATS.iter().any(|format| format.name() == word)
}
