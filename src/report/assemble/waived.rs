//! Sorts findings into those that count and those that are accepted.

use super::place;
use crate::findings::{EXPIRED, Fate, Policy, UNMATCHED, lint};
use crate::model::{Model, Waiver};
use crate::report::{Finding, Kind, Report, StaleWaiver, Waived};

/// Leaves in a report the findings that count, and tells of the waivers.
pub fn settle(report: &mut Report, model: &Model, policy: &Policy) {
    let waivers = &model.waivers;
    if policy.no_waivers && !waivers.is_empty() {
        report.notes.push(format!("the {} waivers of the model do not count, as was asked for", waivers.len()));
    }
    let all: Vec<Finding> = report.findings.take().into_iter().flatten().collect();
    let looked = matches!(report.kind, Kind::Review | Kind::Check);
    let code = |w: &Waiver| lint(&w.finding).map_or("", |lint| lint.code);
    let stale = waivers.iter().filter(|w| !policy.no_waivers && policy.wants(code(w)));
    report.stale_waivers = stale.filter_map(|w| verdict_on(w, (model, &all), policy, report.kind)).collect();
    let mut left = Vec::new();
    for finding in all {
        let (reason, until, place) = match policy.fate(waivers, &finding.code, &finding.subject) {
            Fate::LeftOut => continue,
            Fate::Counts => {
                left.push(finding);
                continue;
            }
            Fate::Waived(i) => {
                let waiver = &waivers[i];
                (waiver.reason.clone(), waiver.until.map(|d| d.to_string()), place(model, &waiver.origin))
            }
            Fate::Accepted(i) => (policy.accepted[i].reason.clone(), None, None),
        };
        report.waived.push(Waived { finding, reason, until, place });
    }
    report.findings = looked.then_some(left);
}

/// What is wrong with a waiver, if anything. One that matches nothing is told of only where its finding was looked for.
fn verdict_on(waiver: &Waiver, (model, all): (&Model, &[Finding]), policy: &Policy, kind: Kind) -> Option<StaleWaiver> {
    let expired = waiver.expired(policy.today);
    let looked = match kind {
        Kind::Review => true,
        Kind::Check => lint(&waiver.finding).is_some_and(|lint| lint.is_static),
        Kind::Run | Kind::Test | Kind::Compare => false,
    };
    let about = Policy { today: None, ..Policy::default() };
    let one = std::slice::from_ref(waiver);
    let matches = |f: &Finding| about.fate(one, &f.code, &f.subject) == Fate::Waived(0);
    let code = match expired {
        true => EXPIRED,
        false if looked && !all.iter().any(matches) => UNMATCHED,
        false => return None,
    };
    (!policy.ignores(code)).then(|| StaleWaiver {
        code,
        finding: waiver.finding.clone(),
        on: waiver.on.clone(),
        reason: waiver.reason.clone(),
        until: waiver.until.filter(|_| expired).map(|day| day.to_string()),
        place: place(model, &waiver.origin),
    })
}
