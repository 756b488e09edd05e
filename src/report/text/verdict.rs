//! The first lines: what it comes to.

use super::page::{Ink, Page};
use crate::report::words::listed;
use crate::report::{Kind, Report};

pub(super) fn verdict(report: &Report, page: &mut Page) {
    let verdict = report.verdict();
    let ink = match verdict.holds {
        Some(true) => Ink::Good,
        Some(false) => Ink::Bad,
        None if report.kind == Kind::Check => Ink::Bold,
        None => Ink::Warn,
    };
    page.wrapped(0, 0, &ink.on(format!("{}.", verdict.headline)));
    if !verdict.sentences.is_empty() {
        page.wrapped(0, 0, &verdict.sentences.join(" "));
    }
    if !report.complete {
        page.wrapped(0, 0, &Ink::Warn.on("This was cut short; the notes at the end say where."));
    }
}

/// What was looked at.
pub(super) fn system(report: &Report, page: &mut Page) {
    if page.most([1, 1, 1, 0]) > 0 {
        page.gap();
    }
    page.wrapped(0, 2, &Ink::Dim.on(described(report)));
}

/// `models/shop.yaml: 5 services, 2 databases and 1 cache`
fn described(report: &Report) -> String {
    let parts: Vec<String> = report
        .model
        .components
        .iter()
        .map(|(role, n)| match (*n, role.strip_suffix('y'), role.as_str()) {
            (1, _, role) => format!("1 {role}"),
            (n, _, "external API") => format!("{n} external APIs"),
            (n, Some(stem), _) => format!("{n} {stem}ies"),
            (n, None, role) => format!("{n} {role}s"),
        })
        .collect();
    let file = &report.model.file;
    if parts.is_empty() { file.clone() } else { format!("{file}: {}", listed(&parts)) }
}
