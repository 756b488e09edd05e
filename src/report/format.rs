//! What a format is, and the list of them.

use super::Report;
use super::json_v1::Json;
use super::text::Text;
use std::io;

/// Every format, by the name `--format` knows it by.
pub const FORMATS: &[&dyn Format] = &[&Text, &Json];

/// Writes reports.
pub trait Format: Sync {
    /// Its name: `json`.
    fn name(&self) -> &'static str;

    /// Writes a report.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    fn write(&self, report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()>;
}

/// How a report should look, for formats that people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// Columns there are.
    pub width: usize,
    /// Everything, instead of what matters most.
    pub verbose: bool,
}

impl Default for Style {
    fn default() -> Style {
        Style { colour: false, width: 80, verbose: false }
    }
}
