//! Extreme numbers, broken files and places that cannot be written to: an answer or a clear refusal, in time, with the right
//! code. What users meet more often stands in `cli`.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// Beyond it a command counts as hanging; each takes a second or so, and the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(240);

const SMALL: &str = "traffic: { rate: 20/s, to: api }\nservices: { api: { work: 5ms } }\n";

struct Folder(TempDir);

impl Folder {
    fn with(text: &[u8]) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("model.yaml"), text).unwrap();
        Folder(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `simulate` in the folder, which ends in time and does not panic.
    fn simulate(&self, arguments: &str) -> Assert {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
        command.current_dir(self.0.path()).timeout(PATIENCE);
        command.args(arguments.split_whitespace()).assert().stderr(contains("panicked").not())
    }
}

#[track_caller]
fn answered(text: &str, arguments: &str) -> String {
    let done = Folder::with(text.as_bytes()).simulate(arguments).code(0);
    let text = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(!text.contains("NaN") && !text.contains("inf"), "{arguments}: {text}");
    text
}

#[track_caller]
fn refused(text: &[u8], told: &str) {
    for command in ["check model.yaml", "run model.yaml", "model.yaml"] {
        Folder::with(text).simulate(command).code(2).stdout(is_empty()).stderr(contains(told).and(contains("help")));
    }
}

#[test]
fn no_traffic_at_all_is_refused() {
    refused(SMALL.replace("20/s", "0/s").as_bytes(), "above zero");
    refused(SMALL.replace("rate: 20/s", "users: 0, think_time: 1s").as_bytes(), "users");
    // A trickle is none of it: one request in 28 hours, of which a run sees none or one.
    let trickle = SMALL.replace("20/s", "0.00001/s");
    answered(&trickle, "run model.yaml --duration 60s --replications 2");
}

#[test]
fn a_nanosecond_is_a_time_like_any_other() {
    let nano = "
traffic: { rate: 1000/s, to: api, timeout: 1ns }
services: { api: { work: 1ns, calls: [ db ], dependencies: { db: { timeout: 1ns, retry: { attempts: 3, backoff: 1ns } } } } }
databases: { db: { connections: 1, query: { constant: 1ns } } }
";
    answered(nano, "run model.yaml --duration 2s --warmup 0s --replications 1");
    answered(nano, "run model.yaml --duration 1ns --warmup 0s --replications 1");
    answered(nano, "model.yaml --budget 100k --replications 1");
}

#[test]
fn a_million_replicas_are_simulated_and_one_more_is_refused() {
    let many = |n: u32| SMALL.replace("work: 5ms", &format!("work: 5ms, replicas: {n}, cpu: 2"));
    let page = answered(&many(1_000_000), "run model.yaml --duration 1s --warmup 0s --replications 1");
    assert!(page.contains("100%"), "{page}");
    refused(many(1_000_001).as_bytes(), "from 1 to 1M");
    // Where they come and go, each is looked at beside all others.
    refused(many(1_000_000).replace("cpu: 2", "startup: 1s").as_bytes(), "10000 at most");
    let rolled = many(2).replace("cpu: 2", "startup: 1s, rollout: { surge: 1000000 }");
    answered(&rolled, "run model.yaml --duration 5s --warmup 0s --replications 1 --fail deploy:api@1s");
}

#[test]
fn a_thousand_million_requests_a_second_are_simulated_as_far_as_is_allowed() {
    let fast = SMALL.replace("20/s", "1G/s");
    let page = answered(&fast, "run model.yaml --max-events 100k --replications 1");
    assert!(page.contains("ended after"), "{page}");
    answered(&fast, "run model.yaml --duration 10us --warmup 0s --replications 1 --max-events 2M");
    answered(&fast, "test model.yaml --max-events 100k");
    // Without a limit it would go on for hours.
    let folder = Folder::with(fast.as_bytes());
    fs::write(folder.path("judged.yaml"), format!("{fast}slos: [ success >= 99% ]\n")).unwrap();
    for command in ["run model.yaml", "model.yaml", "model.yaml --budget 1M", "test judged.yaml"] {
        folder.simulate(command).code(2).stderr(contains("is a rate mistyped?"));
    }
    refused(SMALL.replace("20/s", "2G/s").as_bytes(), "at most 1G/s");
}

/// Each failure has its own positions of all knobs, made before the first event.
#[test]
fn failures_a_thousand_million_times_a_second_are_refused() {
    let restless = SMALL.replace("work: 5ms", "work: 5ms, failures: { mtbf: 1ns, mttr: 1ns }");
    refused(restless.as_bytes(), "at least 100ms");
}

/// Each service of a hundred rows calls the one below it.
#[test]
fn ten_thousand_services_are_read_and_run() {
    let mut text = String::from("traffic: { rate: 20/s, to: s0-0 }\nservices:\n");
    for (row, column) in (0..100).flat_map(|row| (0..100).map(move |column| (row, column))) {
        let calls = if row < 99 { format!(", calls: [ s{}-{column} ]", row + 1) } else { String::new() };
        writeln!(text, "  s{row}-{column}: {{ work: 1ms{calls} }}").unwrap();
    }
    answered(&text, "check model.yaml");
    let page = answered(&text, "run model.yaml --duration 1s --warmup 0s --replications 1");
    assert!(page.contains("s0-0.call"), "{page}");
}

#[test]
fn huge_times_are_simulated_as_far_as_is_allowed_or_refused() {
    let years = SMALL.replace("to: api", "to: api, timeout: 13000d");
    let page = answered(&years, "run model.yaml --duration 13000d --max-events 50k --replications 1");
    assert!(page.contains("of 13000d") || page.contains("--max-events"), "{page}");
    answered(&years, "run model.yaml --duration 2s --warmup 0s --replications 1");
    refused(SMALL.replace("5ms", "14000d").as_bytes(), "too long");
    let folder = Folder::with(SMALL.as_bytes());
    folder.simulate("run model.yaml --duration 14000d").code(2).stderr(contains("too long"));
    folder.simulate("run model.yaml --seed 18446744073709551615 --duration 1s --warmup 0s").code(0);
    folder.simulate("run model.yaml --seed 18446744073709551616").code(2);
    folder.simulate("run model.yaml --load 1000000x --duration 10ms --warmup 0s --replications 1").code(0);
    folder.simulate("run model.yaml --load 1000001x").code(2).stderr(contains("a million times"));
}

#[test]
fn what_is_no_model_is_refused_whatever_it_is() {
    refused(b"", "the file is empty");
    refused(b"# only this\n", "the file is empty");
    refused(b"---\n---\n", "several documents");
    refused(b"42\n", "a model is a map");
    refused(b"\0\0\0\0", "error");
    refused(b"traffic: \x80\n", "byte 0x80");
    refused(format!("a: {}{}", "[".repeat(5_000), "]".repeat(5_000)).as_bytes(), "error");
    refused(format!("a: {}1{}", "{a: ".repeat(5_000), "}".repeat(5_000)).as_bytes(), "deeply nested");
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (before, name) in "abcdefghi".chars().zip("bcdefghij".chars()) {
        writeln!(bomb, "{name}: &{name} [{}]", vec![format!("*{before}"); 10].join(", ")).unwrap();
    }
    refused(bomb.as_bytes(), "anchors repeat");
    refused(b"a: &a [ *a ]\n", "error");
}

#[test]
fn line_ends_and_marks_of_other_systems_are_read() {
    let windows = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    answered(&windows, "check model.yaml");
    let wrong = windows.replace("work: 5ms", "wrk: 5ms");
    let told = Folder::with(wrong.as_bytes()).simulate("check model.yaml").code(2);
    told.stderr(contains("model.yaml:2:20").and(contains("did you mean `work`?")));
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_are_left_alone() {
    use std::os::unix::fs::symlink;
    let folder = Folder::with(SMALL.as_bytes());
    symlink("loop.yaml", folder.path("loop.yaml")).unwrap();
    folder.simulate("check loop.yaml").code(2).stderr(contains("cannot read loop.yaml"));
    fs::create_dir(folder.path("models")).unwrap();
    symlink("..", folder.path("models/up")).unwrap();
    fs::write(folder.path("models/one.yaml"), format!("{SMALL}slos: [ success >= 90% ]\n")).unwrap();
    folder.simulate("test models --list").code(0).stdout("models/one.yaml objectives\n");
}

#[cfg(unix)]
#[test]
fn a_place_that_cannot_be_written_to_is_told() {
    let folder = Folder::with(SMALL.as_bytes());
    let short = "run model.yaml --duration 1s --warmup 0s --replications 1";
    for command in [short, "schema", "man", "completions bash"] {
        let full = folder.simulate(&format!("{command} --output /dev/full")).code(3);
        full.stderr(contains("cannot write /dev/full: No space left").and(contains("internal error")));
        folder.simulate(&format!("{command} --output nowhere/x")).code(2).stderr(contains("mkdir -p nowhere"));
        folder.simulate(&format!("{command} --output model.yaml/x")).code(2).stderr(contains("its folder is a file"));
        folder.simulate(&format!("{command} --output .")).code(2).stderr(contains("is a directory"));
    }
    for option in ["--traces", "--series", "--metrics", "--write-plan", "--write-baseline"] {
        let command = if option == "--traces" { short } else { "model.yaml --budget 100k" };
        folder.simulate(&format!("{command} {option} nowhere/x")).code(2).stderr(contains("nowhere"));
    }
    assert_eq!(fs::read_to_string(folder.path("model.yaml")).unwrap(), SMALL);
}

/// Each prints more than a pipe holds, so that it is still writing when its reader has gone.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_after_the_first_line_is_no_error() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};
    for line in ["schema", "man", "completions zsh", "run models/shop.yaml --duration 1s --format json"] {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(line.split_whitespace());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let mut told = String::new();
        child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        let code = child.wait().unwrap().code();
        assert_eq!((code, told.contains("rror") || told.contains("panicked")), (Some(0), false), "{line}: {told}");
    }
}
