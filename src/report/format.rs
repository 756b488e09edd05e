//! What a format is, and the list of them.

use super::Report;
use super::ci::{Github, Gitlab, Junit, Sarif};
use super::html::Html;
use super::json_v1::Json;
use super::markdown::Markdown;
use super::text::Text;
use std::io;

/// Every format, by the name `--format` knows it by.
pub const FORMATS: &[&dyn Format] = &[&Text, &Json, &Html, &Sarif, &Junit, &Github, &Gitlab, &Markdown];

/// Writes reports.
pub trait Format: Sync {
    /// Its name: `json`.
    fn name(&self) -> &'static str;

    /// Writes a report.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    fn write(&self, report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()>;

    /// Writes what one command reports about several models.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    fn write_all(&self, reports: &[Report], style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        reports.iter().try_for_each(|report| self.write(report, style, out))
    }
}

/// How a report should look, for formats that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// Columns there are.
    pub width: usize,
    /// Whether the terminal shows nothing but ASCII.
    pub ascii: bool,
    /// How much to tell.
    pub detail: Detail,
    /// Whether formats for build servers tell of waived findings.
    pub waived: bool,
}

/// How much a report for people tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The verdict alone.
    Verdict,
    /// A page: what matters most.
    #[default]
    Page,
    /// Everything.
    All,
}

impl Default for Style {
    fn default() -> Style {
        Style { colour: false, width: 80, ascii: false, detail: Detail::Page, waived: false }
    }
}
