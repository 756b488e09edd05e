//! The report as a senior engineer's page: the verdict first, then why.

mod alerts;
mod campaign;
mod comparison;
mod failures;
mod fixes;
mod footer;
mod page;
mod resources;
mod scaling;
mod single;
mod stuck;
mod suite;
mod theory;
mod traces;
mod users;
mod verdict;
mod waived;

use super::{Detail, Format, Kind, Report, Style};
use crate::verify::Compared;
use page::{Page, TIGHTEST};
use std::io;

/// Text for a terminal.
pub(super) struct Text;

impl Format for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn write(&self, report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(fitting(report, style).finish(style).as_bytes())
    }

    fn write_all(&self, reports: &[Report], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        for (i, report) in reports.iter().enumerate() {
            if i > 0 {
                out.write_all(b"\n")?;
            }
            self.write(report, style, out)?;
        }
        if reports.iter().any(|r| r.kind == Kind::Test) {
            let mut page = Page::new(style.width, style.detail == Detail::All);
            suite::sum(reports, &mut page);
            out.write_all(page.finish(style).as_bytes())?;
        }
        Ok(())
    }
}

/// A page has so many lines.
const PAGE: usize = 100;

/// A report with as much left out as it takes for a page; nothing where everything is asked for.
fn fitting(report: &Report, style: &Style) -> Page {
    let verbose = style.detail == Detail::All;
    let written = |tight: usize| {
        let mut page = Page::new(style.width, verbose).tight(tight);
        sections(report.kind, style.detail).iter().for_each(|section| section(report, &mut page));
        page
    };
    let fits = |page: &Page| verbose || page.lines() <= PAGE;
    (0..TIGHTEST).map(written).find(fits).unwrap_or_else(|| written(TIGHTEST))
}

/// What `simulate verify` prints.
pub fn theory(compared: &[Compared], style: &Style) -> String {
    theory::page(compared, style)
}

type Section = fn(&Report, &mut Page);

/// What a report consists of, in order. A section that has nothing to say writes nothing.
fn sections(kind: Kind, detail: Detail) -> &'static [Section] {
    match kind {
        Kind::Review | Kind::Check | Kind::Compare if detail == Detail::Verdict => &[verdict::verdict],
        Kind::Run if detail == Detail::Verdict => &[single::headline, users::users, single::slos],
        Kind::Review => &[
            verdict::verdict,
            verdict::system,
            comparison::comparison,
            users::users,
            resources::resources,
            scaling::capacity,
            scaling::bottlenecks,
            scaling::plan,
            failures::failures,
            fixes::fixes,
            waived::waived,
            fixes::decoys,
            footer::scores,
            footer::footer,
            footer::next,
        ],
        Kind::Run => &[
            single::headline,
            users::users,
            single::phases,
            single::slos,
            alerts::heard,
            single::late,
            single::failed,
            resources::resources,
            single::dependencies,
            single::caches,
            single::replicas,
            single::locks,
            single::replication,
            single::queues,
            traces::time,
            footer::footer,
        ],
        Kind::Check => &[verdict::verdict, fixes::fixes, waived::waived, suite::notes, footer::assumed],
        Kind::Compare => &[comparison::comparison, footer::again],
        Kind::Test => &[suite::suite, comparison::comparison, waived::waived, suite::notes],
    }
}
