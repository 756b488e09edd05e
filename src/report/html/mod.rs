//! The page, one file that needs nothing else: no network, no framework, light and dark, on paper and on a phone.
//!
//! Markup is escaped by maud, charts by plotters; what scripts read is JSON in which no `<` stands. Names come from models
//! and may be anything.

pub(super) mod charts;
mod comparison;
mod failures;
mod findings;
mod layout;
mod load;
mod page;
mod replay;
mod style;
mod summary;
pub(super) mod topology;
mod traces;

use super::{Format, Report, Style};
use std::io;

/// HTML, self-contained.
pub(super) struct Html;

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn write(&self, report: &Report, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        // Control characters are no characters of HTML, and a name that has some means no good.
        out.write_all(clean(&page::page(report).into_string()).as_bytes())
    }
}

/// Text without control characters, line ends apart.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}
