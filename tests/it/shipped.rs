//! What the shipped models give, in the formats that people and programs read, as snapshots; and the same bytes in every
//! format, whatever the number of threads.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

fn simulate(arguments: &[&str]) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).arg("--no-progress");
    let done = command.output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Every file of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let entry = |path: std::path::PathBuf| match path.is_dir() {
        true => files(&path).into_iter().collect::<Vec<_>>(),
        false => vec![(path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())],
    };
    entries.flat_map(entry).collect()
}

/// Short experiments, so that this takes seconds: what is written matters here, not what comes of it.
#[test]
fn experiments_are_told_as_they_were() {
    let models = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("models")).unwrap();
    let models = models.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "yaml"));
    let mut names: Vec<String> = models.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    names.sort();
    assert!(names.len() > 8, "{names:?}");
    for name in names {
        let folder = tempfile::tempdir().unwrap();
        let output = |file: &str| folder.path().join(file).display().to_string();
        let (text, markdown, json) = (output("text"), output("markdown"), output("json"));
        let model = format!("models/{name}.yaml");
        simulate(&[
            "run",
            &model,
            "--duration",
            "5s",
            "--warmup",
            "5s",
            "--replications",
            "2",
            "--format",
            "text",
            "--output",
            &text,
            "--format",
            "markdown",
            "--output",
            &markdown,
            "--format",
            "json",
            "--output",
            &json,
        ]);
        let written = files(folder.path());
        let told = format!("{}\n---- Markdown ----\n{}", written["text"], written["markdown"]);
        insta::assert_snapshot!(name.clone(), told);
        insta::assert_snapshot!(format!("{name}-json"), written["json"]);
    }
}

/// A review of the shop with a small budget, in every format, with everything beside it.
#[test]
fn a_review_is_told_as_it_was_and_the_same_in_every_format() {
    let review = |threads: &str| {
        let folder = tempfile::tempdir().unwrap();
        let output = |file: &str| folder.path().join(file).display().to_string();
        let mut arguments: Vec<String> =
            ["models/shop.yaml", "--load", "10x", "--budget", "3M", "--replications", "2"].map(String::from).to_vec();
        for format in ["text", "markdown", "json", "html", "sarif", "junit", "github", "gitlab"] {
            arguments.extend(["--format".into(), format.into(), "--output".into(), output(format)]);
        }
        for file in ["plots", "series", "metrics", "traces"] {
            arguments.extend([format!("--{file}"), output(file)]);
        }
        arguments.extend(["--threads".into(), threads.into()]);
        simulate(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        files(folder.path())
    };
    let (one, two) = (review("1"), review("2"));
    assert!(one.len() > 14, "{:?}", one.keys());
    for (name, text) in &one {
        assert!(!text.is_empty(), "{name}");
        assert!(two.get(name) == Some(text), "{name} is not the same on two threads");
    }
    assert_eq!(one.len(), two.len());
    assert!(one["text"].lines().count() <= 100, "{}", one["text"].lines().count());
    assert!(one["html"].len() < 2_000_000);
    assert!(one["series"].lines().any(|line| line.starts_with("latency,web.home,10,")));
    insta::assert_snapshot!("shop-review", format!("{}\n---- Markdown ----\n{}", one["text"], one["markdown"]));
}
