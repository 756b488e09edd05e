//! Completions and manual pages: shells and man take them, and they know every command.

use assert_cmd::assert::Assert;
use predicates::str::{contains, is_empty};
use std::fs;
use std::process::{Command, Stdio};

const COMMANDS: &[&str] = &["run", "test", "compare", "check", "explain", "verify", "schema", "completions", "man"];

fn simulate(arguments: &[&str]) -> Assert {
    assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("simulate")).args(arguments).assert()
}

fn written(arguments: &[&str]) -> String {
    String::from_utf8(simulate(arguments).code(0).stderr(is_empty()).get_output().stdout.clone()).unwrap()
}

/// Whether there is such a program; where there is none, what needs it is not tested, and that is told.
fn there_is(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("skipped: there is no {program}");
    }
    found
}

/// What bash offers when the last of these words is to be completed.
fn offered(script: &std::path::Path, words: &[&str]) -> Vec<String> {
    let last = words.len() - 1;
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let ask = format!(
        "source '{}'; COMP_WORDS=({}); COMP_CWORD={last}; _simulate simulate '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        quoted.join(" "),
        words[last],
        words[last - 1],
    );
    let output = Command::new("bash").args(["--norc", "-c", &ask]).output().unwrap();
    // Outside of a completion bash says so of `compopt`; nothing else may be wrong.
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.lines().all(|line| line.contains("compopt")), "{told}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    if !there_is("bash") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("simulate.bash");
    simulate(&["completions", "bash", "--output", script.to_str().unwrap()]).code(0).stdout(is_empty());
    let valid = Command::new("bash").arg("-n").arg(&script).status().unwrap();
    assert!(valid.success());
    let offered = |words: &[&str]| offered(&script, words);
    for command in COMMANDS {
        assert!(offered(&["simulate", ""]).contains(&(*command).to_owned()), "{command}");
    }
    assert_eq!(offered(&["simulate", "ver"]), ["verify"]);
    assert_eq!(offered(&["simulate", "shop.yaml", "--write-pl"]), ["--write-plan"], "an option of the review");
    assert_eq!(offered(&["simulate", "run", "shop.yaml", "--scen"]), ["--scenario"]);
    assert_eq!(offered(&["simulate", "run", "shop.yaml", "--write-pl"]), [""], "`run` writes no plan");
    assert_eq!(offered(&["simulate", "shop.yaml", "--format", "js"]), ["json"]);
}

#[test]
fn every_shell_has_a_script_that_knows_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = written(&["completions", shell]);
        COMMANDS.iter().for_each(|command| assert!(script.contains(command), "{shell}: {command}"));
        // PowerShell's and the others' ways to write an option.
        assert!(script.contains("write-plan"), "{shell}");
    }
    simulate(&["completions", "tcsh"]).code(2).stderr(contains("zsh"));
    simulate(&["completions"]).code(2).stderr(contains("SHELL"));
}

#[test]
fn manual_pages_are_set_without_a_warning_and_name_every_command() {
    let pages: Vec<(String, String)> = std::iter::once((String::new(), written(&["man"])))
        .chain(COMMANDS.iter().map(|command| ((*command).to_owned(), written(&["man", command]))))
        .collect();
    let (_, whole) = &pages[0];
    for word in COMMANDS.iter().map(|command| format!("simulate\\-{command}(1)")) {
        assert!(whole.contains(&word), "{word}");
    }
    for section in ["NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES", "\"EXIT STATUS\""] {
        assert!(whole.contains(&format!(".SH {section}\n")), "{section}");
    }
    assert!(whole.contains("\\-\\-write\\-plan"));
    if !there_is("groff") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, page) in &pages {
        let file = folder.path().join("page.1");
        fs::write(&file, page).unwrap();
        let set = Command::new("groff").args(["-man", "-ww", "-Kutf8", "-Tutf8"]).arg(&file).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&set.stderr), "", "simulate man {name}");
        assert!(set.status.success() && set.stdout.len() > 500, "simulate man {name}");
    }
}

#[test]
fn pages_are_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("simulate.1");
    simulate(&["man", "--output", page.to_str().unwrap()]).code(0).stdout(is_empty());
    assert_eq!(fs::read_to_string(&page).unwrap(), written(&["man"]));
    let nowhere = folder.path().join("nowhere/simulate.1");
    for command in [&["man"][..], &["completions", "zsh"]] {
        let arguments = [command, &["--output", nowhere.to_str().unwrap()]].concat();
        simulate(&arguments).code(2).stderr(contains("its folder does not exist"));
    }
    simulate(&["man", "rnu"]).code(2).stderr(contains("did you mean `simulate man run`?"));
}
