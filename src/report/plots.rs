//! Charts and the topology as files of their own.

use super::Report;
use super::html::charts::{self, draw::alone};
use super::html::topology::{dot, mermaid};

/// Names of files, with what stands in them.
pub fn plots(report: &Report) -> Vec<(String, String)> {
    let charts = charts::all(report).into_iter();
    let mut files: Vec<(String, String)> =
        charts.map(|c| (format!("{}.svg", c.name), super::html::clean(&alone(&c.svg)))).collect();
    if let Some(pictures) = &report.pictures {
        files.push(("topology.dot".into(), dot(pictures)));
        files.push(("topology.mmd".into(), mermaid(pictures)));
    }
    files
}
