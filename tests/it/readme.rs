//! Every command and every option that the README shows, as somebody types it who has just read it.
//!
//! A placeholder such as MODEL stands for something in the table; what takes minutes is given less to do. A command that is shown
//! and not in the table fails, and so does one that is in the table and no longer shown. What is shown as printed is looked after by
//! `excerpts`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// As it is shown, what is typed, and what is printed then. Nothing is typed here of what an excerpt in the README is of.
const COMMANDS: &[(&str, &str, &[&str])] = &[
    (
        "cargo run --release -- models/shop.yaml --load 10x",
        "models/shop.yaml --load 10x --budget 3M --replications 2",
        &[
            "shop does not hold at 10x",
            "Capacity",
            "Failure modes",
            "Priority fixes",
            "Production readiness",
            "assumed",
        ],
    ),
    ("simulate models/shop.yaml --load 10x", "", &[]),
    (
        "simulate models/shop.yaml --load 10x --format html --output review.html",
        "models/shop.yaml --load 10x --budget 3M --replications 2 --format html --output review.html",
        &[],
    ),
    (
        "simulate run models/shop.yaml --fail latency:stripe:+5s@60s+120s",
        "run models/shop.yaml --fail latency:stripe:+5s@60s+120s --replications 1",
        &["with stripe 5s slower from 60s to 180s", "web.home", "missed"],
    ),
    (
        "simulate run models/shop.yaml --load 4x --set databases.orders-db.connections=41",
        "run models/shop.yaml --load 4x --set databases.orders-db.connections=41 --replications 1 --duration 20s",
        &["shop at 4x", "orders-db.connections    41"],
    ),
    (
        "simulate models/shop.yaml --write-plan plan.yaml --write-plan plan.diff",
        "models/shop.yaml --budget 3M --replications 2 --write-plan plan.yaml --write-plan plan.diff",
        &["Plan to 10x"],
    ),
    (
        "simulate models/shop.yaml --apply plan.yaml",
        "models/shop.yaml --budget 3M --replications 2 --apply plan.yaml",
        &["shop holds at 10x"],
    ),
    ("simulate test models/", "test models/ --filter petclinic", &["passed"]),
    ("simulate MODEL [--load 10x]", "models/petclinic.yaml --load 2x --budget 1M", &["petclinic"]),
    (
        "simulate run MODEL [--scenario NAME]",
        "run models/petclinic.yaml --scenario incident --replications 1 --warmup 5s --max-events 300k",
        &["incident", "visits killed"],
    ),
    ("simulate test MODEL…|DIR", "test models/petclinic.yaml --replications 2 --max-replications 2", &["incident"]),
    ("simulate check MODEL…", "check models/shop.yaml models/cdn.yaml", &["shop is a valid model", "cdn"]),
    (
        "simulate compare A B",
        "compare models/patterns/retry-storm.yaml models/patterns/retry-storm-fixed.yaml --replications 2 --exit-zero",
        &["retry"],
    ),
    ("simulate explain [CODE]", "explain missing-timeout", &["How it is judged:"]),
    ("simulate explain readiness", "explain readiness", &["one point for each line"]),
    ("simulate verify", "", &[]),
    ("simulate schema [--report]", "schema --report", &["\"$schema\"", "capacity"]),
    ("simulate schema > tenfold.schema.json", "schema", &["\"$schema\"", "additionalProperties"]),
    ("simulate completions SHELL", "completions zsh", &["#compdef simulate"]),
    ("simulate man [COMMAND]", "man", &[".TH simulate 1"]),
    ("simulate test models/patterns/", "test models/patterns/ --filter retry-storm", &["passed"]),
    ("simulate test models/incidents/", "test models/incidents/ --filter stackdriver", &["passed"]),
    ("simulate run", "run models/cdn.yaml --max-events 10k", &["--max-events allows"]),
    ("simulate test", "test models/petclinic.yaml --filter objectives --max-memory 1kB", &["inconclusive"]),
];

/// Commands of Cargo, which runs this test: they are not run by it. Each names what must be there instead.
const CARGO: &[(&str, &str)] = &[
    ("cargo test", "tests/it/main.rs"),
    ("cargo install --locked --path .", "Cargo.lock"),
    ("cargo doc --open", "src/guide/mod.rs"),
    ("cargo test --test it verdicts_hold -- --ignored", "tests/it/incidents/robust.rs"),
    ("cargo run --release --example sweep", "examples/sweep.rs"),
];

/// Options as they are shown, with a command in which they do what the README says.
const OPTIONS: &[(&str, &str)] = &[
    ("--plots DIR", "models/petclinic.yaml --budget 1M --plots charts"),
    ("--series FILE", "models/petclinic.yaml --budget 1M --series series.csv"),
    ("--metrics FILE", "models/petclinic.yaml --budget 1M --metrics metrics.txt"),
    ("--traces FILE", "run models/cdn.yaml --duration 5s --warmup 1s --traces traces.json"),
    ("--write-plan plan.yaml", "models/monolith.yaml --budget 2M --write-plan plan.yaml --write-plan plan.diff"),
    ("--apply plan.yaml", "check models/monolith.yaml --apply plan.yaml"),
    ("--plan-to 10x", "models/petclinic.yaml --load 2x --budget 1M --plan-to 10x"),
    ("--load", "run models/cdn.yaml --load 2x --duration 5s"),
    ("--write-baseline FILE", "test models/cdn.yaml --replications 2 --max-replications 2 --write-baseline base.yaml"),
    ("--baseline FILE", "test models/cdn.yaml --replications 2 --max-replications 2 --baseline base.yaml"),
    ("--fail-on", "check models/cdn.yaml --fail-on P0"),
    ("--select", "check models/shop.yaml --select missing-timeout"),
    ("--ignore", "check models/shop.yaml --ignore missing-timeout"),
    (
        "--fail latency:payments:+2s@60s+120s",
        "run models/shop.yaml --fail latency:payments:+2s@60s+120s --max-events 100k --replications 1",
    ),
    ("--set services.web.replicas=8", "check models/shop.yaml --set services.web.replicas=8"),
    ("--seed", "run models/cdn.yaml --duration 5s --warmup 1s --seed 7"),
    ("--replications", "run models/cdn.yaml --duration 5s --warmup 1s --replications 1"),
    ("--duration", "run models/cdn.yaml --duration 5s"),
    ("--warmup", "run models/cdn.yaml --duration 5s --warmup 1s"),
    ("--threads", "run models/cdn.yaml --duration 5s --warmup 1s --threads 1"),
    ("-v", "run models/cdn.yaml --duration 5s --warmup 1s -v"),
    ("--format json", "check models/cdn.yaml --format json"),
    ("--budget", "models/petclinic.yaml --load 2x --budget 1M"),
    ("--budget 30s", "models/petclinic.yaml --load 2x --budget 1s"),
    ("--budget 200M", "models/petclinic.yaml --budget 1M"),
    ("--max-events 5M", "run models/cdn.yaml --duration 5s --max-events 5M"),
    ("--max-memory 200MB", "run models/cdn.yaml --duration 5s --max-memory 200MB"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands between backticks, and the lines of indented blocks up to their explanation.
fn shown(readme: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut fenced = false;
    for line in readme.lines() {
        fenced ^= line.starts_with("```");
        match line.strip_prefix("    ") {
            _ if fenced => {}
            Some(block) => all.extend(block.split("  ").next().map(str::to_owned)),
            None => all.extend(line.split('`').skip(1).step_by(2).map(str::to_owned)),
        }
    }
    let is_command = |text: &String| ["simulate ", "cargo ", "-"].iter().any(|start| text.starts_with(start));
    all.into_iter().filter(is_command).collect()
}

#[test]
fn the_table_has_what_the_readme_shows_and_nothing_else() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let known = COMMANDS.iter().map(|c| c.0).chain(CARGO.iter().map(|c| c.0)).chain(OPTIONS.iter().map(|o| o.0));
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    let shown = shown(&readme);
    assert!(shown.len() > 30, "{shown:?}");
    let differ: Vec<&String> = shown.symmetric_difference(&known).collect();
    assert!(differ.is_empty(), "shown and not in the table, or the other way round: {differ:#?}");
    for (command, file) in CARGO {
        assert!(root().join(file).exists(), "{command}");
    }
    for (command, ..) in COMMANDS.iter().filter(|(_, line, _)| line.is_empty()) {
        let excerpt = format!("<!-- excerpt: {} -->", command.trim_start_matches("simulate "));
        assert!(readme.contains(&excerpt), "{command} is neither run nor excerpted");
    }
}

/// A folder with the models in it, as somebody has it who has fetched the repository.
pub fn checkout() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    for part in ["", "patterns", "incidents"] {
        fs::create_dir_all(models.join(part)).unwrap();
        for entry in fs::read_dir(root().join("models").join(part)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), models.join(part).join(entry.file_name())).unwrap();
            }
        }
    }
    folder
}

/// Runs a line, which must pass, and gives what it printed.
fn typed(folder: &Path, line: &str) -> String {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
    command.current_dir(folder).env_remove("CLICOLOR_FORCE").args(line.split_whitespace()).arg("--color=never");
    let plain = ["explain", "schema", "completions", "man"].iter().any(|word| line.starts_with(word));
    if plain {
        command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
        command.current_dir(folder).args(line.split_whitespace());
    }
    let done = command.output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "simulate {line} left with {:?}:\n{told}", done.status.code());
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn every_command_prints_what_it_should() {
    let folder = checkout();
    for (shown, line, told) in COMMANDS.iter().filter(|(_, line, _)| !line.is_empty()) {
        let printed = typed(folder.path(), line);
        let lower = printed.to_lowercase();
        for word in *told {
            assert!(lower.contains(&word.to_lowercase()), "{shown}: no `{word}` in\n{printed}");
        }
    }
}

#[test]
fn every_option_is_taken_and_leaves_what_it_should() {
    let folder = checkout();
    for (shown, line) in OPTIONS {
        typed(folder.path(), line);
        let written = line.split_whitespace().zip(line.split_whitespace().skip(1));
        let writes = ["--output", "--plots", "--series", "--metrics", "--traces", "--write-plan", "--write-baseline"];
        for (_, file) in written.filter(|(option, _)| writes.contains(option)) {
            let place = folder.path().join(file);
            assert!(fs::metadata(&place).is_ok_and(|m| m.len() > 0), "{shown}: nothing in {file}");
        }
    }
}
