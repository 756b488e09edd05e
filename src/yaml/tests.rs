//! The room as a whole: what is read, what is refused and how that looks.

use super::{Document, Item, Node, Problems, Value, render};
use proptest::prelude::*;
use std::fmt::Write;
use std::time::{Duration, Instant};

#[allow(clippy::disallowed_methods, reason = "how long reading takes is what is tested")]
fn refused(text: &str) -> String {
    let begun = Instant::now();
    let problems = Document::parse("m.yaml", text).expect_err("it is wrong");
    // A debug build on a busy machine is many times slower than what users run.
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });
    assert!(begun.elapsed() < limit, "it took {:?}", begun.elapsed());
    render("m.yaml", text, &problems, false)
}

#[test]
fn values_keep_their_text_and_their_place() {
    let text = "a: 010\nb: { c: [1_000, \"2\", yes, true, ~], 'd e': 1.50 }\n# ß\nß: 0x1F\n";
    let document = Document::parse("m.yaml", text).unwrap();
    assert_eq!(document.root.show(), "{ a: 010, b: { c: [1_000, \"2\", yes, true, ~], d e: 1.50 }, ß: 0x1F }");
    let places = |node: &Node| (node.place.line, node.place.column, text[node.place.start..node.place.end].to_string());
    let at = |path: &str| places(document.get(path).unwrap());
    assert_eq!(at("a"), (1, 4, "010".into()));
    assert_eq!(at("b.c.1"), (2, 17, "\"2\"".into()));
    assert_eq!(at("b.d e"), (2, 44, "1.50".into()));
    assert_eq!(at("ß"), (4, 4, "0x1F".into()));
}

#[test]
fn anchors_and_merge_keys_are_followed_to_their_definition() {
    let text = "x: &base { a: 1, b: 2 }\ny:\n  <<: *base\n  b: 3\nz: *base\n";
    let document = Document::parse("m.yaml", text).unwrap();
    assert_eq!(document.root.show(), "{ x: { a: 1, b: 2 }, y: { b: 3, a: 1 }, z: { a: 1, b: 2 } }");
    assert_eq!(document.get("y.a").unwrap().place.line, 1);
    assert_eq!(document.get("z.b").unwrap().place.line, 1);
}

#[test]
fn what_is_no_model_is_refused_with_the_line() {
    let mut all = String::new();
    for text in [
        "",
        "# nothing\n",
        "just text\n",
        "- a\n- b\n",
        "a: 1\n---\nb: 2\n",
        "a: {\n",
        "a: [1, 2\nb: 3\n",
        "a:\n\tb: 1\n",
        "a: b: c\n",
        "a: *nobody\n",
        "a: 1\n b: 2\n",
        "a: \"open\n",
        "services:\n  web: {}\n  api: {}\n  web: {}\nservices: 1\n",
        "? [a]\n: 1\n",
    ] {
        writeln!(all, "--- {text:?}\n{}", refused(text)).unwrap();
    }
    insta::assert_snapshot!(all, @r##"
    --- ""
    error: the file is empty
    --> m.yaml
     = help: the smallest model: `traffic: { rate: 100/s, to: api }` and `services: { api: { work: 5ms } }`

    --- "# nothing\n"
    error: the file is empty
    --> m.yaml
     = help: the smallest model: `traffic: { rate: 100/s, to: api }` and `services: { api: { work: 5ms } }`

    --- "just text\n"
    error: a model is a map, but this is `just text`
     --> m.yaml:1:1
      |
    1 | just text
      | ^^^^^^^^^
      |
      = help: the smallest model: `traffic: { rate: 100/s, to: api }` and `services: { api: { work: 5ms } }`

    --- "- a\n- b\n"
    error: a model is a map, but this is a list
     --> m.yaml:1:1
      |
    1 | - a
      | ^
      |
      = help: the smallest model: `traffic: { rate: 100/s, to: api }` and `services: { api: { work: 5ms } }`

    --- "a: 1\n---\nb: 2\n"
    error: the file holds several documents
     --> m.yaml:3:1
      |
    3 | b: 2
      | ^
      |
      = help: a file describes one model: remove what follows `---`

    --- "a: {\n"
    error: unclosed bracket '{'
     --> m.yaml:1:4
      |
    1 | a: {
      |    ^
      |
      = help: each `{` needs its `}`, each `[` its `]`

    --- "a: [1, 2\nb: 3\n"
    error: illegal placement of ':' indicator
     --> m.yaml:2:2
      |
    2 | b: 3
      |  ^
      |
      = help: each `{` needs its `}`, each `[` its `]`

    --- "a:\n\tb: 1\n"
    error: tabs disallowed within this context (block indentation)
     --> m.yaml:2:2
      |
    2 |     b: 1
      |     ^
      |
      = help: indent with spaces, not with tabs

    --- "a: b: c\n"
    error: mapping values are not allowed in this context
     --> m.yaml:1:5
      |
    1 | a: b: c
      |     ^
      |
      = help: text that contains `: ` needs quotes; several fields in one line need `{ }`

    --- "a: *nobody\n"
    error: reference to unknown value
     --> m.yaml:1:4
      |
    1 | a: *nobody
      |    ^
      |
      = help: define it first, as `&name`; text that begins with `*` needs quotes

    --- "a: 1\n b: 2\n"
    error: mapping values are not allowed in this context
     --> m.yaml:2:3
      |
    2 |  b: 2
      |   ^
      |
      = help: check the indentation and the `:` of this line and the one before it

    --- "a: \"open\n"
    error: unclosed quote
     --> m.yaml:1:4
      |
    1 | a: "open
      |    ^
      |
      = help: check the indentation and the `:` of this line and the one before it

    --- "services:\n  web: {}\n  api: {}\n  web: {}\nservices: 1\n"
    error: `web` is written twice
     --> m.yaml:4:3
      |
    4 |   web: {}
      |   ^^^ first in line 2
      |
      = help: a key stands once in a map: remove or rename one of them

    error: `services` is written twice
     --> m.yaml:5:1
      |
    5 | services: 1
      | ^^^^^^^^ first in line 1
      |
      = help: a key stands once in a map: remove or rename one of them

    --- "? [a]\n: 1\n"
    error: expected string scalar
     --> m.yaml:1:3
      |
    1 | ? [a]
      |   ^
      |
      = help: check the indentation and the `:` of this line and the one before it
    "##);
}

#[test]
fn bombs_and_giants_are_refused_quickly() {
    let mut laughs = String::from("a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for i in 1..12 {
        writeln!(laughs, "a{i}: &a{i} [{}]", vec![format!("*a{}", i - 1); 10].join(", ")).unwrap();
    }
    let giant = "# much ado\n".repeat(5 << 20);
    let nested = format!("a: {}", "[".repeat(100_000));
    let blocks: String = (0..2_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let colons = ": ".repeat(500_000);
    let mut all = String::new();
    for text in [&laughs, &giant, &nested, &blocks, &colons] {
        let shown = refused(text);
        writeln!(all, "{}", shown.lines().filter(|l| l.len() < 200 && !l.contains('|')).collect::<Vec<_>>().join("\n"))
            .unwrap();
    }
    insta::assert_snapshot!(all, @"
    error: anchors repeat more than 50000 values
     --> m.yaml:1:34
      = help: write less with anchors (`*name`)
    error: the file has 58 MB
    --> m.yaml
     = help: a model has at most 4 MB
    error: recursion limit exceeded
     --> m.yaml:1:36
      = help: each `{` needs its `}`, each `[` its `]`
    error: the file is too large or too deeply nested
      --> m.yaml:33:33
       = help: a model has at most 500,000 values, and at most 32 maps and lists inside one another
    error: a key is empty
     --> m.yaml:1:1
    ");
}

#[test]
fn every_problem_of_a_map_is_reported_once() {
    let text = "base: &b { rate: 5, replcias: 3 }\nother: *b\nmode: fast\nbalance: randm\nshare: 130%\nqueue: lots\ntimeout:\nlist: {}\n";
    let document = Document::parse("m.yaml", text).unwrap();
    let problems = Problems::new();
    let mut root = Item::root(&document.root, &problems).fields().unwrap();
    for name in ["base", "other"] {
        let mut fields = root.required(name, "base: …").unwrap().fields().unwrap();
        fields.optional("rate").and_then(|item| item.rate());
        fields.optional("replicas");
        fields.finish();
    }
    root.optional("balance").and_then(|item| item.word(&[("round_robin", 1), ("random", 2)]));
    root.optional("share").and_then(|item| item.ratio());
    root.optional("queue").and_then(|item| item.whole_or_unlimited(0, 100));
    root.optional("timeout").and_then(|item| item.duration());
    root.optional("list").map(|item| item.items());
    root.required("name", "name: shop");
    root.not_yet("mode", "it comes later");
    root.finish();
    insta::assert_snapshot!(render("m.yaml", text, &problems.into_vec(), false), @"
    error: the file has no `name`
    --> m.yaml
     = help: add `name: shop`

    error: `5` is not a rate
     --> m.yaml:1:18
      |
    1 | base: &b { rate: 5, replcias: 3 }
      |                  ^
      |
      = help: write per what: `5/s`

    error: unknown field `replcias`
     --> m.yaml:1:21
      |
    1 | base: &b { rate: 5, replcias: 3 }
      |                     ^^^^^^^^
      |
      = help: did you mean `replicas`? The fields here are `rate` and `replicas`

    error: `mode` has no effect in this version
     --> m.yaml:3:1
      |
    3 | mode: fast
      | ^^^^
      |
      = help: it comes later

    error: `randm` is no `balance`
     --> m.yaml:4:10
      |
    4 | balance: randm
      |          ^^^^^
      |
      = help: did you mean `random`? It is one of `round_robin` and `random`

    error: `130%` is not between 0% and 100%
     --> m.yaml:5:8
      |
    5 | share: 130%
      |        ^^^^
      |
      = help: a share of something is at most 100%

    error: `lots` is neither a number nor `unlimited`
     --> m.yaml:6:8
      |
    6 | queue: lots
      |        ^^^^
      |
      = help: write a whole number or `unlimited`

    error: `timeout` has no value
     --> m.yaml:7:1
      |
    7 | timeout:
      | ^^^^^^^
      |
      = help: give it a duration, or remove it

    error: `list` is a list, but this is a map
     --> m.yaml:8:1
      |
    8 | list: {}
      | ^^^^
      |
      = help: write `- …` lines under it, or `[ …, … ]`
    ");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[-a-c0-9:{}\\[\\],&*<>!|'\"#% \n\t~\u{e9}?@]{0,120}") {
        if let Err(problems) = Document::parse("m.yaml", &text) {
            render("m.yaml", &text, &problems, true);
        }
    }

    #[test]
    fn what_is_shown_reads_back(text in "[a-z0-9%: .~'\"-]{0,12}") {
        let node = Node { place: Default::default(), value: Value::Text(text.clone()) };
        let mut document = Document::parse("m.yaml", "a: 1").unwrap();
        document.set("a", &node.show()).unwrap();
        prop_assert_eq!(&document.get("a").unwrap().value, &Value::Text(text));
    }
}
