use super::*;

fn written(format: &str, report: &Report, style: Style) -> String {
    let format = FORMATS.iter().find(|f| f.name() == format).unwrap();
    let mut out = Vec::new();
    format.write(report, &style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn text(report: &Report) -> String {
    written("text", report, Style::default())
}

#[test]
fn a_review_reads_like_a_page() {
    insta::assert_snapshot!(text(&fixture::review()));
}

#[test]
fn an_experiment_is_plainly_reported() {
    insta::assert_snapshot!(text(&fixture::experiment()));
}

#[test]
fn the_json_is_the_published_one() {
    insta::assert_snapshot!(written("json", &fixture::review(), Style::default()));
}

#[test]
fn the_json_of_an_experiment_has_runs_alone() {
    let json: serde_json::Value =
        serde_json::from_str(&written("json", &fixture::experiment(), Style::default())).unwrap();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "format",
            "version",
            "command",
            "model",
            "load",
            "seed",
            "replications",
            "complete",
            "notes",
            "assumed",
            "runs"
        ]
    );
}

#[test]
fn a_page_keeps_to_its_width_and_length() {
    for width in [80, 100, 140] {
        let page = written("text", &fixture::review(), Style { width, ..Style::default() });
        // Commands are not wrapped, so that they can be copied.
        for line in page.lines().filter(|l| !l.starts_with("next") && !l.starts_with("again")) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        assert!(page.lines().count() <= 100, "{}", page.lines().count());
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let coloured = written("text", &fixture::review(), Style { colour: true, ..Style::default() });
    assert!(coloured.contains("\u{1b}[31m") || coloured.contains("\u{1b}[1m\u{1b}[31m"), "{coloured:?}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), text(&fixture::review()));
}

#[test]
fn names_cannot_smuggle_in_control_characters() {
    let mut report = fixture::review();
    report.model.name = "evil\u{1b}[2Jshop\u{7}".into();
    assert!(!text(&report).contains(['\u{1b}', '\u{7}']));
}

#[test]
fn sections_without_content_are_left_out() {
    let mut report = fixture::review();
    report.bottlenecks = Some(Vec::new());
    report.failures = Some(Vec::new());
    report.unconfirmed.clear();
    report.decoys.clear();
    report.plan = None;
    report.capacity = None;
    report.assumed.clear();
    let text = text(&report);
    for heading in ["Bottlenecks", "Failure modes", "Tried and not", "Plan to", "Capacity", "assumed"] {
        assert!(!text.contains(heading), "{heading}");
    }
}

#[test]
fn the_verdict_follows_from_the_slos() {
    let mut report = fixture::review();
    assert_eq!(report.verdict().holds, Some(false));
    for slo in &mut report.runs[1].slos {
        slo.verdict = SloVerdict::Met;
    }
    assert_eq!(report.verdict().holds, Some(true));
    report.runs[1].slos[0].verdict = SloVerdict::Unclear;
    assert_eq!(report.verdict().holds, None);
    report.runs[1].slos.clear();
    assert!(report.verdict().headline.contains("no SLOs"));
}

/// Pictures of two components with hostile names.
fn drawn(name: &str) -> Report {
    use pictures::*;
    let mut report = fixture::review();
    let node =
        |name: &str, role: &str| Node { name: name.into(), role: role.into(), busy: vec![None; 2], ..Node::default() };
    let window =
        |at_s: f64| Window { at_s, rate_per_s: 10.0, goodput_per_s: 9.0, p50_ms: Some(1.0), ..Window::default() };
    let state = NodeState { busy: Some(0.5), waiting: 0.0, failed: 0.0, state: "failing" };
    let fault = FaultInfo {
        text: format!("{name} killed"),
        target: name.into(),
        duration_s: Some(1.0),
        ..FaultInfo::default()
    };
    let point = |load: f64| LoadPoint { load, success: vec![1.0], p99_ms: vec![Some(5.0)], ..LoadPoint::default() };
    report.pictures = Some(Pictures {
        nodes: vec![node("users", "traffic"), node(name, "service")],
        wires: vec![Wire { to: 1, name: format!("users>{name}"), guards: vec![name.into()], ..Wire::default() }],
        endpoints: vec![format!("{name}.call")],
        curve: vec![point(1.0), point(10.0)],
        courses: vec![Course {
            fault: fault.clone(),
            load: 1.0,
            window_s: 1.0,
            windows: vec![window(0.0), window(1.0)],
            states: vec![vec![state]; 2],
            events: vec![(0.5, format!("{name}: {name}"))],
        }],
        latencies: vec![Latencies { load: 1.0, endpoint: format!("{name}.call"), steps: vec![(0.005, 7)] }],
        matrix: vec![Struck { fault, confirmed: true, lost: vec![1.0], needs: vec![false] }],
    });
    report.traces = vec![traced(name)];
    report
}

/// One failed request of two components with hostile names.
fn traced(name: &str) -> traces::Traced {
    use traces::*;
    let span = |parent, side, end_ns: u64| Span {
        parent,
        side,
        service: name.into(),
        name: format!("{name}.call"),
        peer: (side == Side::Caller).then(|| name.into()),
        end_ns,
        waited_ms: 1.0,
        retry: 1,
        failed: Some("timeout".into()),
        ..Span::default()
    };
    let request = Request {
        endpoint: format!("{name}.call"),
        examples: vec![Example::Failed],
        latency_ms: 5.0,
        failed: Some("timeout".into()),
        spans: vec![span(None, Side::User, 5_000_000), span(Some(0), Side::Caller, 4_000_000)],
        ..Request::default()
    };
    let rows = vec![TimeAt { place: name.into(), working_ms: [1.0, 2.0], waiting_ms: [0.0, 3.0] }];
    let time = WhereTimeGoes { endpoint: format!("{name}.call"), requests: [1, 1], latency_ms: [1.0, 5.0], rows };
    Traced { run: name.into(), load: 1.0, requests: vec![request], seconds: 60.0, passed_over: 3, time: Some(time) }
}

/// A name that tries to be markup in every language that it is written in.
const HOSTILE: &str = "</script></style></title></text><script>evil=1</script><img src=x onerror=evil=1>\" onload=\"evil=1 ]]>\u{1b}[2J|`[a](javascript:b)` \\\"];\n# x";

/// Everything a model or a command line can name.
fn hostile() -> Report {
    let mut report = drawn(HOSTILE);
    report.model.name = HOSTILE.into();
    report.model.file = HOSTILE.into();
    report.command = HOSTILE.into();
    report.notes = vec![HOSTILE.into()];
    report.assumed = vec![HOSTILE.into()];
    for finding in report.findings.iter_mut().flatten() {
        finding.title = HOSTILE.into();
        finding.evidence = vec![HOSTILE.into()];
    }
    for failure in report.failures.iter_mut().flatten() {
        failure.fault.text = HOSTILE.into();
        failure.cascade.iter_mut().for_each(|step| step.component = HOSTILE.into());
    }
    report
}

#[test]
fn names_cannot_inject_markup_into_the_page() {
    let page = written("html", &hostile(), Style::default());
    // Ours: one style, one script with data, one with code.
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!((page.matches("</script").count(), page.matches("<style").count()), (2, 1));
    assert!(!page.contains("<img") && !page.contains('\u{1b}'));
    // Within a tag a quote would begin another attribute; elsewhere it is a quote. No `>` stands in ours but at their end.
    let mut tags = page.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    assert!(tags.all(|tag| !tag.contains("\" onload=")));
}

#[test]
fn the_page_tells_where_the_time_goes_only_when_it_knows() {
    let page = written("html", &drawn("web"), Style::default());
    for part in ["id=\"time\"", "Failed requests at 1x", "web calls web.call, retry 1", "3 requests were not looked at"]
    {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("Slow requests"));
    assert!(!written("html", &fixture::review(), Style::default()).contains("id=\"time\""));
}

#[test]
fn names_cannot_inject_markup_into_markdown() {
    let mut report = hostile();
    let run = &mut report.runs[1];
    let tallies = run.traffic.values_mut().flat_map(|t| t.endpoints.drain(..)).collect::<Vec<_>>();
    run.traffic
        .values_mut()
        .for_each(|t| t.endpoints = tallies.iter().map(|(_, t)| (HOSTILE.into(), t.clone())).collect());
    let text = written("markdown", &report, Style::default());
    let outside = text.split("```").step_by(2).collect::<String>();
    assert!(!outside.contains("<script") && !outside.contains("<img") && !text.contains('\u{1b}'), "{outside}");
    // No link, no further cell, no heading of its own.
    assert!(!outside.contains("[a](") && !outside.contains("\n# x"), "{outside}");
    for table in outside.split("\n\n").filter(|part| part.starts_with('|')) {
        let cells = |row: &str| row.replace("\\\\", "").replace("\\|", "").matches('|').count();
        let rows: Vec<usize> = table.lines().map(cells).collect();
        assert!(rows.iter().all(|n| *n == rows[0]), "{table}");
    }
}

#[test]
fn names_cannot_break_out_of_the_files_for_other_tools() {
    let files = plots(&hostile());
    let of = |name: &str| &files.iter().find(|(file, _)| file == name).unwrap().1;
    // Every line of ours is one statement; within quotes, a quote is escaped.
    let dot = of("topology.dot");
    assert_eq!(dot.lines().count(), 7, "{dot}");
    for line in dot.lines().filter(|line| line.contains("label=")) {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count(), 2, "{line}");
    }
    let mermaid = of("topology.mmd");
    assert_eq!(mermaid.lines().count(), 4, "{mermaid}");
    for line in mermaid.lines().skip(1) {
        assert_eq!(line.matches('"').count(), 2, "{line}");
        assert!(!line.contains('`') && !line.replace("<br/>", "").contains('<'), "{line}");
    }
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".svg")) {
        let read = roxmltree::Document::parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let element = |node: &roxmltree::Node| node.is_element();
        let foreign = |node: &roxmltree::Node| ["script", "img", "style", "a"].contains(&node.tag_name().name());
        assert!(!read.descendants().filter(element).any(|node| foreign(&node)), "{name}");
    }
}

#[test]
fn a_terminal_without_unicode_gets_ascii() {
    let plain = written("text", &fixture::review(), Style { ascii: true, ..Style::default() });
    assert!(plain.is_ascii(), "{:?}", plain.chars().find(|c| !c.is_ascii()));
    assert!(plain.contains("answered   ooooo") || plain.contains("answered   oooo"), "{plain}");
}

/// A review of which nothing is short.
fn long_review() -> Report {
    let mut report = fixture::review();
    let failures = report.failures.as_mut().unwrap();
    let more: Vec<Failure> = (0..60)
        .map(|i| {
            let mut failure = failures[i % 2].clone();
            failure.fault.target = format!("part-{}", i / 4);
            failure.fault.text = format!("part-{} broken in way {i}", i / 4);
            failure
        })
        .collect();
    failures.extend(more);
    let findings = report.findings.as_mut().unwrap();
    let more: Vec<Finding> = (0..40).map(|i| findings[i % findings.len()].clone()).collect();
    findings.extend(more);
    report
}

#[test]
fn however_much_there_is_to_tell_the_page_stays_one() {
    let mut report = long_review();
    // Of P0 all are told: they are why one reads it.
    let p0 = |f: &Finding| f.severity == Severity::P0;
    let mut kept = 0;
    report.findings.as_mut().unwrap().retain(|f| {
        !p0(f) || {
            kept += 1;
            kept <= 4
        }
    });
    let page = text(&report);
    assert!(page.lines().count() <= 100, "{}", page.lines().count());
    let whole = written("text", &report, Style { detail: Detail::All, ..Style::default() });
    assert!(whole.lines().count() > 300, "{}", whole.lines().count());
}

#[test]
fn the_summary_is_short_and_in_order() {
    let text = written("markdown", &fixture::review(), Style::default());
    let order = ["## Architecture assessment", "### Scalability", "### Resilience", "### Priority fixes"];
    let places: Vec<usize> = order.iter().map(|heading| text.find(heading).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(text.lines().count() < 90, "{}", text.lines().count());
    insta::assert_snapshot!(text);
}

#[test]
fn charts_and_topology_are_files_of_their_own() {
    let files = plots(&hostile());
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), 7, "{names:?}");
    for (name, text) in &files {
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)), "{name}");
        // In Graphviz's files a name is a quoted string, in which `<` means nothing.
        let markup = name != "topology.dot" && text.contains("<script");
        assert!(!markup && !text.contains('\u{1b}') && !text.contains("var("), "{name}");
    }
}

#[test]
fn the_series_have_six_columns() {
    let text = series(&drawn("a,\"b\"\nc"));
    let mut table = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(table.headers().unwrap(), &["series", "subject", "load", "at_s", "measure", "value"][..]);
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert!(rows.iter().any(|row| &row[1] == "a,\"b\"\nc.call" && &row[4] == "success_rate" && &row[5] == "1"));
}

#[test]
fn a_large_system_is_grouped() {
    use pictures::*;
    let mut report = drawn("a");
    let all = report.pictures.as_mut().unwrap();
    all.nodes.extend((0..300).map(|i| Node {
        name: format!("s{i}"),
        role: "service".into(),
        busy: vec![None; 2],
        ..Node::default()
    }));
    all.wires.extend((0..300).map(|i| Wire { from: 1 + i / 4, to: i + 2, name: format!("{i}"), ..Wire::default() }));
    all.courses[0].states = vec![vec![NodeState { busy: None, waiting: 0.0, failed: 0.0, state: "well" }; 301]; 2];
    let page = written("html", &report, Style::default());
    assert!(page.contains(" services</text>"));
    assert!(page.len() < 500_000, "{}", page.len());
}
