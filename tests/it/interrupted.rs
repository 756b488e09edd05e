//! Ctrl-C, as a terminal sends it. Where there are no signals there is nothing to test.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// A review that has begun; its standard error from there on.
fn begun(more: &[&str]) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_simulate"))
        .args(["models/shop.yaml", "--load", "10x", "-v", "--no-progress", "--format", "json"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut told = BufReader::new(child.stderr.take().expect("standard error is a pipe"));
    let mut line = String::new();
    told.read_line(&mut line).expect("it tells what it does");
    assert!(line.contains("simulating"), "{line}");
    (child, told)
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("there is a kill");
    assert!(sent.success());
}

#[test]
fn what_is_known_by_then_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let baseline = folder.path().join("baseline.yaml");
    let (child, told) = begun(&["--write-baseline", baseline.to_str().expect("a path")]);
    interrupt(&child);
    let rest = std::thread::spawn(move || told.lines().map_while(Result::ok).collect::<Vec<_>>().join("\n"));
    let output = child.wait_with_output().expect("it ends");
    let rest = rest.join().expect("it was read");
    assert_eq!(output.status.code(), Some(130), "{rest}");
    assert!(rest.contains("once more ends at once"), "{rest}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a whole report");
    assert_eq!(report["complete"], false);
    assert!(report["notes"][0].as_str().is_some_and(|note| note.starts_with("interrupted")), "{}", report["notes"]);
    // The runs that had begun are there; what half a review found is nothing to compare with.
    assert_eq!(report["runs"].as_array().map(Vec::len), Some(2));
    assert!(!baseline.exists());
}

#[test]
fn twice_ends_it_at_once() {
    let (mut child, mut told) = begun(&["--budget", "4000000000"]);
    interrupt(&child);
    let mut line = String::new();
    while !line.contains("once more") {
        line.clear();
        assert!(told.read_line(&mut line).expect("it goes on telling") > 0, "it has ended");
    }
    interrupt(&child);
    let mut written = String::new();
    child.stdout.take().expect("standard output is a pipe").read_to_string(&mut written).expect("it is text");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(written, "");
}

/// However far it has come when it is killed, what stands in its place is the old file or the whole new one.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the moment at which it is killed is one of real time; nothing is judged by it"
)]
fn killed_at_any_moment_it_leaves_no_half_written_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("report.json");
    let (mut old, mut new) = (0, 0);
    for after in 0..50u64 {
        std::fs::write(&place, "old").expect("a file");
        let mut child = Command::new(env!("CARGO_BIN_EXE_simulate"))
            .args(["run", "models/petclinic.yaml", "--duration", "5s", "--warmup", "0s", "--replications", "1"])
            .args(["--no-progress", "--format", "json", "--output"])
            .arg(&place)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");

        std::thread::sleep(std::time::Duration::from_millis(6 * after));
        let _ = child.kill();
        child.wait().expect("it ends");
        let text = std::fs::read_to_string(&place).expect("a file is there");
        match text.as_str() {
            "old" => old += 1,
            text => {
                serde_json::from_str::<serde_json::Value>(text).expect("the whole report");
                new += 1;
            }
        }
    }
    assert!(old > 0 && old + new == 50, "{old} old, {new} new");
}
