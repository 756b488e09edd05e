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
        assert!(page.lines().count() < 100, "{}", page.lines().count());
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
