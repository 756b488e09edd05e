//! What a scenario expects a review not to find, and what is waived.

use super::*;

/// Message and hint of what speaks of findings or parts there are not.
fn told(expect: &str, waivers: &str) -> Vec<(String, String)> {
    let text = format!(
        "{SHOP}ignore: [ {waivers} ]\nscenarios: {{ bad: {{ faults: [ {{ kill: pay }} ], expect: [ {expect} ] }} }}\n"
    );
    let model = tests::read(&text);
    unknown(&model).into_iter().map(|p| (p.message, p.hint.unwrap_or_default())).collect()
}

fn expected(what: &str) -> Vec<(String, String)> {
    told(what, "")
}

fn waived(what: &str) -> Vec<(String, String)> {
    told("", &format!("{{ {what}, reason: known }}"))
}

fn is(message: &str, hint: &str) -> Vec<(String, String)> {
    vec![(message.to_owned(), hint.to_owned())]
}

#[test]
fn an_expectation_speaks_of_findings_and_parts_there_are() {
    for good in [
        "no P0",
        "no P2 on web",
        "no missing-timeout",
        "no missing-timeout on web>pay",
        "no saturated-resource on db.connections",
        "no connection-pool-too-small on web>db.pool",
        "no n-plus-one on web.buy",
        "web.buy success >= 99%",
    ] {
        assert_eq!(expected(good), [], "{good}");
    }
    assert_eq!(expected("no P7").len(), 1);
    let near = is("there is no finding `mising-timeout`", "did you mean `no missing-timeout`?");
    assert_eq!(expected("no mising-timeout"), near);
    let far = is("there is no finding `xyzzy-quux`", "write `no P0`, or the code of a finding: `no missing-timeout`");
    assert_eq!(expected("no xyzzy-quux"), far);
    assert_eq!(expected("no P0 on wbe>pay"), is("there is no `wbe>pay`", "did you mean `web>pay`?"));
    let nowhere = "findings are about components, endpoints and connections of the model";
    assert_eq!(expected("no P0 on xyzzy-quux"), is("there is no `xyzzy-quux`", nowhere));
}

#[test]
fn a_waiver_speaks_of_findings_and_parts_there_are() {
    for good in [
        "finding: missing-timeout",
        "finding: missing-timeout, on: web>pay",
        "finding: noisy-alert, on: sales",
        "finding: slo-missed-at-target, on: web.buy success >= 99%",
        "finding: messages-in-circles, on: 'orders, mails'",
    ] {
        assert_eq!(waived(good), [], "{good}");
    }
    let near = is("there is no finding `mising-timeout`", "did you mean `missing-timeout`?");
    assert_eq!(waived("finding: mising-timeout"), near);
    assert_eq!(waived("finding: missing-timeout, on: wbe"), is("there is no `wbe`", "did you mean `web`?"));
}

/// Problems stand where the words stand.
#[test]
fn what_is_wrong_is_marked_where_it_is_written() {
    let text = format!("{SHOP}ignore: [ {{ finding: missing-timeout, on: wbe, reason: known }} ]\n");
    let model = tests::read(&text);
    let [problem] = &unknown(&model)[..] else { panic!("one is wrong") };
    let place = problem.place.expect("it is in the file");
    assert_eq!(&text[place.start..place.end], "wbe");
}

#[test]
fn a_finding_is_known_by_its_code_or_its_urgency_and_by_its_subject() {
    let mut case = Case::new();
    case.review.failures = vec![case.failure("kill:db", "db", vec![harm([0.0, 100.0], [0.0; 2]); 2])];
    let found = case.one("single-point-of-failure");
    assert!(found.is("single-point-of-failure", None) && found.is("P1", None) && found.is("P1", Some("db")));
    assert!(found.is("single-point-of-failure", Some("db")));
    assert!(!found.is("P0", None) && !found.is("missing-timeout", None));
    assert!(!found.is("P1", Some("web")) && !found.is("missing-timeout", Some("db")));
}
