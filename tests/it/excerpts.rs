//! What a page shows as printed is what is printed.
//!
//! `<!-- file: NAME -->` above a block gives a file its content, `<!-- excerpt: ARGUMENTS -->` above a block says which command of
//! `simulate` prints it. Every line of such a block is found in what that command prints, in this order; `…` stands for what was left out.
//! Each page has a folder of its own with the shipped models in it, and is read from the top as a reader would follow it.

use crate::docs::pages;
use crate::readme::checkout;
use crate::theory::VERIFIED;
use std::fs;
use std::path::Path;
use std::process::Command;

struct Marked {
    line: usize,
    /// `file` or `excerpt`.
    kind: String,
    rest: String,
    block: Vec<String>,
}

fn marked(page: &str) -> Vec<Marked> {
    let (mut all, mut lines) = (Vec::new(), page.lines().enumerate());
    while let Some((i, line)) = lines.next() {
        let comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        let Some((kind @ ("file" | "excerpt"), rest)) = comment.and_then(|c| c.split_once(": ")) else { continue };
        assert!(lines.next().is_some_and(|(_, line)| line.starts_with("```")), "line {}: no block follows", i + 1);
        let block =
            lines.by_ref().map(|(_, line)| line.trim_end().to_owned()).take_while(|line| line != "```").collect();
        all.push(Marked { line: i + 1, kind: kind.into(), rest: rest.into(), block });
    }
    all
}

/// Divided by spaces, but for what stands between single quotes, as a shell would.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = |(i, part): (usize, &str)| match i % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        _ => vec![part.to_owned()],
    };
    parts.flat_map(words).collect()
}

/// What a command prints for people, its errors too; a gate that fails is part of what is shown.
fn printed(folder: &Path, line: &str) -> String {
    if line == "verify" {
        return VERIFIED.clone();
    }
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("simulate"));
    command.current_dir(folder).env_remove("CLICOLOR_FORCE").env("LC_ALL", "C.UTF-8").args(words(line));
    let done = command.output().unwrap();
    assert!(matches!(done.status.code(), Some(0..=2)), "simulate {line} left with {:?}", done.status.code());
    String::from_utf8([done.stdout, done.stderr].concat()).unwrap()
}

#[test]
fn what_is_shown_is_printed() {
    let mut wrong = Vec::new();
    let mut shown = 0;
    for page in pages() {
        let all = marked(&fs::read_to_string(&page).unwrap());
        let folder = (!all.is_empty()).then(checkout);
        for Marked { line, kind, rest, block } in all {
            let folder = folder.as_ref().unwrap().path();
            if kind == "file" {
                fs::write(folder.join(rest), block.join("\n") + "\n").unwrap();
                continue;
            }
            // A space that must not be broken looks like any other.
            let text = printed(folder, &rest).replace('\u{a0}', " ");
            let mut lines = text.lines().map(str::trim_end);
            let missing = block.iter().filter(|l| *l != "…").find(|wanted| !lines.any(|found| found == **wanted));
            if let Some(missing) = missing {
                wrong.push(format!(
                    "{}:{line}: no `{missing}` from `simulate {rest}`, which prints\n{text}",
                    page.display()
                ));
            }
            shown += 1;
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(shown > 10, "only {shown} excerpts were found");
}

#[test]
fn marks_are_read() {
    let page = "a\n<!-- file: x.yaml -->\n```yaml\nb: 1\n```\n<!-- fields: limits -->\n<!-- excerpt: run 'a b' c -->\n```text\nd\n…\n```\n";
    let all = marked(page);
    let told: Vec<_> = all.iter().map(|m| (m.line, m.kind.as_str(), m.rest.as_str(), m.block.join("/"))).collect();
    assert_eq!(told, [(2, "file", "x.yaml", "b: 1".into()), (7, "excerpt", "run 'a b' c", "d/…".into())]);
    assert_eq!(words("run 'a b' c"), ["run", "a b", "c"]);
}
