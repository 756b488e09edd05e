//! The command as its users meet it: exit codes, and what they are told when something is wrong.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A model that is read and run in no time.
const TINY: &str = "
traffic: { rate: 20/s, to: api }
services: { api: { work: 5ms, calls: [db] } }
databases: { db: { connections: 20, query: 10ms } }
";

/// A folder with some files in it, left to itself: no terminal, no settings of ours.
struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &[u8])]) -> Folder {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        Folder(folder)
    }

    fn tiny() -> Folder {
        Folder::with(&[("tiny.yaml", TINY.as_bytes())])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `simulate` in the folder.
    fn simulate(&self, arguments: &str) -> Assert {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
        command.current_dir(self.0.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.args(arguments.split_whitespace()).assert()
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn help_and_version_go_to_standard_output_and_pass() {
    let folder = Folder::tiny();
    folder.simulate("--help").code(0).stdout(contains("simulate models/shop.yaml --load 10x")).stderr(is_empty());
    folder.simulate("--version").code(0).stdout(contains(env!("CARGO_PKG_VERSION")));
    folder.simulate("run --help").code(0).stdout(contains("--fail").and(contains("consumer_stop")));
    folder.simulate("").code(2).stderr(contains("Usage"));
}

#[test]
fn findings_are_explained_by_code() {
    let folder = Folder::tiny();
    folder.simulate("explain").code(0).stdout(contains("missing-timeout").and(contains("n-plus-one")));
    folder.simulate("explain missing-timeout").code(0).stdout(contains("How it is judged:")).stderr(is_empty());
    folder.simulate("explain metastable").code(0).stdout(contains("does-not-recover"));
    let wrong = folder.simulate("explain mising-timeout").code(2).stdout(is_empty());
    wrong.stderr(contains("did you mean `missing-timeout`?"));
}

#[test]
fn wrong_usage_leaves_with_2_and_says_what_to_write() {
    let folder = Folder::tiny();
    for (arguments, told) in [
        ("tiny.yaml --load 0x", "such as `10x`"),
        ("tiny.yaml --load fast", "such as `10x`"),
        ("tiny.yaml --replications 0", "1..=1000"),
        ("tiny.yaml --duration 60", "write the unit"),
        ("tiny.yaml --set services.api.replicas", "PATH=VALUE"),
        ("tiny.yaml --fail-on P7", "P0, P1, P2, never"),
        ("tiny.yaml --colour never", "--color"),
        ("tiny.yaml other.yaml", "a review is of one model"),
        ("--seed 3 run tiny.yaml", "simulate run MODEL"),
        ("run tiny.yaml --fail latncy:db:+2s", "did you mean `latency`?"),
        ("run tiny.yaml --fail latency:dv:+2s", "did you mean `db`?"),
        ("run tiny.yaml --fail kill:api:2", "has 1 replica"),
        ("run tiny.yaml --fail kill:api@90s --duration 60s", "begins after"),
        ("run tiny.yaml --scenario x", "the model has none"),
        ("run", "MODEL"),
        ("tiny.yaml --format json --format text", "standard output"),
        ("tiny.yaml --format json --output a --output b", "--format"),
        ("tiny.yaml --format json --format text -o a -o a", "two reports would go to"),
    ] {
        folder.simulate(arguments).code(2).stderr(contains(told)).stdout(is_empty());
    }
    assert_eq!(folder.files(), ["tiny.yaml"], "nothing is left behind");
}

#[test]
fn a_mistyped_command_is_not_taken_for_a_file() {
    let folder = Folder::tiny();
    folder.simulate("chek tiny.yaml").code(2).stderr(contains("did you mean `simulate check`?"));
    folder.simulate("rnu").code(2).stderr(contains("did you mean the command `simulate run MODEL`?"));
    folder.simulate("analyse tiny.yaml").code(2).stderr(contains(
        "the commands are `run`, `test`, `compare`, `check`, `explain`, `verify`, `schema`, `completions` and `man`",
    ));
}

#[test]
fn a_file_that_is_no_model_is_refused_in_its_own_words() {
    let folder = Folder::with(&[
        ("tiny.yaml", TINY.as_bytes()),
        ("latin.yaml", b"name: shop\n# caf\xe9\n"),
        ("utf16.yaml", b"\xff\xfen\0a\0"),
        ("empty.yaml", b""),
        ("huge.yaml", &vec![b'#'; 50 << 20]),
        ("list.yaml", b"- a\n"),
    ]);
    fs::create_dir(folder.path("models")).unwrap();
    fs::copy(folder.path("tiny.yaml"), folder.path("models/shop.yaml")).unwrap();
    for (file, told) in [
        ("tny.yaml", "did you mean tiny.yaml?"),
        ("models/shp.yaml", "did you mean models/shop.yaml?"),
        ("nowhere/shop.yaml", "there is no file nowhere/shop.yaml"),
        ("models", "models is a directory\nhelp: name a file in it, such as models/shop.yaml"),
        ("latin.yaml", "line 2 holds the byte 0xe9"),
        ("utf16.yaml", "UTF-16"),
        ("empty.yaml", "error"),
        ("huge.yaml", "too large"),
        ("list.yaml", "list.yaml:1:1"),
    ] {
        for command in ["", "run ", "check "] {
            folder.simulate(&format!("{command}{file}")).code(2).stderr(contains(told)).stdout(is_empty());
        }
    }
}

#[test]
fn a_mistake_in_the_model_shows_its_line() {
    let broken = TINY.replace("work: 5ms", "wrk: 5ms").replace("connections: 20", "connections: many");
    let folder = Folder::with(&[("broken.yaml", broken.as_bytes()), ("tiny.yaml", TINY.as_bytes())]);
    let told = || contains("broken.yaml:3").and(contains("broken.yaml:4")).and(contains("did you mean `work`?"));
    folder.simulate("broken.yaml").code(2).stderr(told()).stdout(is_empty());
    folder.simulate("check broken.yaml").code(2).stderr(told());
    folder.simulate("check tiny.yaml broken.yaml").code(2).stderr(contains("1 of 2 models")).stdout(contains("valid"));
    folder.simulate("check tiny.yaml").code(0).stdout(contains("valid model")).stderr(is_empty());
    folder
        .simulate("check tiny.yaml --set services.api.replcas=2")
        .code(2)
        .stderr(contains("--set services.api.replcas=2"));
}

#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let folder = Folder::tiny();
    folder
        .simulate("check tiny.yaml --output nowhere/report.txt")
        .code(2)
        .stderr(contains("its folder does not exist").and(contains("mkdir -p nowhere")));
    folder.simulate("check tiny.yaml --output .").code(2).stderr(contains("is a directory"));
    folder.simulate("check tiny.yaml --output tiny.yaml").code(2).stderr(contains("is the model itself"));
    assert_eq!(fs::read_to_string(folder.path("tiny.yaml")).unwrap(), TINY);

    fs::write(folder.path("old.json"), "old").unwrap();
    folder.simulate("check broken.yaml --output old.json").code(2);
    folder.simulate("check tiny.yaml --format json -o old.json --format text -o new.txt").code(0).stdout(is_empty());
    assert!(fs::read_to_string(folder.path("old.json")).unwrap().contains("\"format\": \"tenfold/review/1\""));
    assert!(fs::read_to_string(folder.path("new.txt")).unwrap().contains("valid model"));
    assert_eq!(folder.files(), ["new.txt", "old.json", "tiny.yaml"], "no temporary file is left");
}

#[test]
fn the_gate_fails_with_1_and_only_the_gate() {
    // The caller waits longer than its own caller: technical debt, found without simulating.
    let impatient = "
traffic: { rate: 20/s, to: api, timeout: 1s }
services: { api: { work: 5ms, calls: [db], dependencies: { db: { timeout: 30s } } } }
databases: { db: { connections: 20, query: 10ms } }
";
    let folder = Folder::with(&[("impatient.yaml", impatient.as_bytes()), ("tiny.yaml", TINY.as_bytes())]);
    folder.simulate("check impatient.yaml").code(0).stdout(contains("P2"));
    folder.simulate("check impatient.yaml --fail-on P2").code(1).stdout(contains("P2"));
    folder.simulate("check impatient.yaml --fail-on P2 --exit-zero").code(0);
    folder.simulate("check impatient.yaml --fail-on P1").code(0);
    folder.simulate("check tiny.yaml impatient.yaml --fail-on p2").code(1);
    folder.simulate("check impatient.yaml tny.yaml --fail-on P2 --exit-zero").code(2);
}

#[test]
fn an_experiment_gives_the_same_bytes_again() {
    let folder = Folder::tiny();
    let short = "run tiny.yaml --duration 5s --warmup 1s --replications 2 --load 1x --load 2x --fail kill:db@2s+1s";
    let text = folder.simulate(short).code(0).stderr(is_empty()).get_output().stdout.clone();
    assert_eq!(folder.simulate(&format!("{short} --threads 1")).get_output().stdout, text);
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("db killed from 2s to 3s"), "{text}");
    let again = text.lines().find_map(|l| l.strip_prefix("again")).unwrap().trim().strip_prefix("simulate ").unwrap();
    let repeated = folder.simulate(again).code(0).get_output().stdout.clone();
    assert_eq!(String::from_utf8(repeated).unwrap(), text, "the command it names gives it again");

    let json = folder.simulate(&format!("{short} --format json")).code(0).get_output().stdout.clone();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["format"], "tenfold/review/1");
    assert_eq!(json["runs"].as_array().unwrap().len(), 2);
    assert_eq!(json["runs"][1]["faults"][0]["flag"], "kill:db@2s+1s");
    assert!(json["runs"][0]["traffic"].as_object().unwrap().values().all(|t| t["offered"].as_u64().unwrap() > 0));
    assert!(json.get("findings").is_none(), "an experiment gives no advice");
    let page = folder.simulate(&format!("{short} -q")).code(0).get_output().stdout.clone();
    assert!(page.len() < text.len());
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_error_and_a_full_disk_is() {
    use std::process::{Command, Stdio};
    let folder = Folder::tiny();
    let run = |stdout: Stdio| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
        command.current_dir(folder.0.path()).args(["check", "tiny.yaml"]).stdout(stdout).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut child = run(Stdio::piped());
    drop(child.stdout.take());
    let gone = child.wait_with_output().unwrap();
    assert_eq!((gone.status.code(), String::from_utf8_lossy(&gone.stderr).as_ref()), (Some(0), ""));

    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let full = run(full.into()).wait_with_output().unwrap();
    assert_eq!(full.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&full.stderr).contains("cannot write to standard output"));
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let folder = Folder::tiny();
    folder.simulate("check tiny.yaml").stdout(contains("\u{1b}").not());
    folder.simulate("check tiny.yaml --color always").stdout(contains("\u{1b}"));
    folder.simulate("check tiny.yaml --color always -o page.txt").code(0);
    assert!(!fs::read_to_string(folder.path("page.txt")).unwrap().contains('\u{1b}'), "never in a file");
    folder.simulate("check tny.yaml --color always").stderr(contains("\u{1b}"));
}

/// A budget of events is the same everywhere; the clock decides only where it is asked to, and that is told.
#[test]
fn a_budget_is_of_events_or_of_time() {
    let folder = Folder::tiny();
    let review = |budget: &str| -> serde_json::Value {
        let ended = folder.simulate(&format!("tiny.yaml --load 2x --format json --quiet --budget {budget}")).code(0);
        serde_json::from_slice(&ended.get_output().stdout).unwrap()
    };
    let pairs = |review: &serde_json::Value, field: &str| review["campaign"]["pairs"][field].clone();
    let events = review("2M");
    assert_eq!(pairs(&events, "by_clock"), false);
    assert!(pairs(&events, "tried").as_u64().unwrap() > 0);
    assert!(events["campaign"]["asked"]["holds_without"].is_boolean());
    assert!(events["command"].as_str().unwrap().contains("--budget 2000000 "), "{}", events["command"]);
    let time = review("1ms");
    assert_eq!((pairs(&time, "by_clock"), pairs(&time, "tried")), (true.into(), 0.into()));
    assert!(time["notes"].to_string().contains("time given was used up"), "{}", time["notes"]);
    folder.simulate("tiny.yaml --budget soon").code(2).stderr(contains("200M").and(contains("30s")));
}

/// By arithmetic: 20/s of 100 ms are two workers of four; six times as many are twelve, three replicas at the least.
const SHORT: &str = "
traffic: { rate: 20/s, to: api }
services: { api: { replicas: 1, concurrency: 4, work: 100ms } }
slos: [ success >= 99% ]
";

#[test]
fn a_plan_is_written_and_applied() {
    let folder = Folder::with(&[("short.yaml", SHORT.as_bytes())]);
    let write = "--write-plan plan.yaml --write-plan plan.diff";
    folder.simulate(&format!("short.yaml --load 6x --quiet --budget 4M {write}")).code(0);
    let patch = fs::read_to_string(folder.path("plan.yaml")).unwrap();
    let line = patch.lines().find(|line| line.starts_with("services.api.replicas: ")).expect(&patch);
    let (path, rest) = line.split_once(": ").unwrap();
    let (to, why) = rest.split_once("  # was 1; without it ").expect(line);
    assert!((3..=5).contains(&to.parse::<u32>().unwrap()) && why.ends_with("is missed"), "{line}");
    // The comment says how to repeat it, and that command holds where the model alone does not.
    assert!(patch.contains("simulate run short.yaml --load 6x --apply plan.yaml"), "{patch}");
    let holds = |more: &str| -> String {
        let ended = folder.simulate(&format!("run short.yaml --load 6x --duration 60s --format json {more}")).code(0);
        let report: serde_json::Value = serde_json::from_slice(&ended.get_output().stdout).unwrap();
        report["runs"][0]["slos"][0]["verdict"].as_str().unwrap().into()
    };
    assert_eq!([holds(""), holds("--apply plan.yaml"), holds(&format!("--set {path}={to}"))], ["missed", "met", "met"]);
    // What is set on the command line wins over the file.
    assert_eq!(holds("--apply plan.yaml --set services.api.replicas=1"), "missed");
    let diff = fs::read_to_string(folder.path("plan.diff")).unwrap();
    let new = format!("+services: {{ api: {{ replicas: {to}, concurrency: 4, work: 100ms }} }}");
    assert!(diff.starts_with("--- ") && diff.lines().any(|line| line == new), "{diff}");
}

#[test]
fn a_plan_stays_within_the_limits_and_says_which_is_in_the_way() {
    let model = format!("{SHORT}limits: {{ replicas: 2 }}\n");
    let folder = Folder::with(&[("short.yaml", model.as_bytes())]);
    let told = contains("limits.replicas").and(contains("allows 2"));
    folder.simulate("short.yaml --load 6x --budget 4M").code(0).stdout(told);
    // Another load is planned for than the one that is shown.
    folder.simulate("short.yaml --load 1x --plan-to 3x --budget 4M").code(0).stdout(contains("Plan to 3x"));
}

#[test]
fn a_patch_that_is_none_is_refused_with_its_line() {
    let files: [(&str, &[u8]); 2] =
        [("tiny.yaml", TINY.as_bytes()), ("bad.yaml", b"# a plan\nservices: { api: {} }\n")];
    let folder = Folder::with(&files);
    let told = contains("`services` in line 2 is no path").and(contains("services.web.replicas: 8"));
    folder.simulate("run tiny.yaml --apply bad.yaml").code(2).stderr(told);
    folder.simulate("run tiny.yaml --apply none.yaml").code(2).stderr(contains("none.yaml"));
}
