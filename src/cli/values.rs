//! Values of options.

use crate::faults::Fault;
use crate::findings::known_code;
use crate::report::Severity;
use crate::units::{Bytes, Date, Quantity, SimDuration, UnitError, parse_bytes, parse_count, parse_duration};
use std::path::Path;
use std::str::FromStr;

/// A change to the model from the command line: `services.web.replicas=8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Where.
    pub path: String,
    /// What, as YAML.
    pub value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Setting, String> {
        match text.split_once('=') {
            Some((path, value)) if !path.trim().is_empty() => {
                Ok(Setting { path: path.trim().into(), value: value.trim().into() })
            }
            _ => Err("write PATH=VALUE, such as services.web.replicas=8".into()),
        }
    }
}

/// What the gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Findings that will cause incidents.
    #[value(name = "P0", alias = "p0")]
    P0,
    /// Also those that will cause scale issues.
    #[value(name = "P1", alias = "p1")]
    P1,
    /// Also technical debt.
    #[value(name = "P2", alias = "p2")]
    P2,
    /// No finding.
    Never,
}

impl FailOn {
    /// Whether the gate fails for this severity.
    pub fn catches(self, severity: Severity) -> bool {
        match self {
            FailOn::P0 => severity <= Severity::P0,
            FailOn::P1 => severity <= Severity::P1,
            FailOn::P2 => true,
            FailOn::Never => false,
        }
    }
}

/// Names of formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum FormatName {
    /// A page for people.
    Text,
    /// `tenfold/review/1`, for programs.
    Json,
    /// A page for browsers, in one file.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for build servers.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// A summary for pull requests and job pages.
    Markdown,
}

impl FormatName {
    /// As reports know it.
    pub fn name(self) -> &'static str {
        match self {
            FormatName::Text => "text",
            FormatName::Json => "json",
            FormatName::Html => "html",
            FormatName::Sarif => "sarif",
            FormatName::Junit => "junit",
            FormatName::Github => "github",
            FormatName::Gitlab => "gitlab",
            FormatName::Markdown => "markdown",
        }
    }
}

/// How much may be tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Budget {
    /// So many events, about.
    Events(f64),
    /// So long.
    Time(SimDuration),
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Budget::Events(n) => write!(f, "{n}"),
            Budget::Time(time) => write!(f, "{time}"),
        }
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

pub(super) fn budget(text: &str) -> Result<Budget, String> {
    let about = || "write a number of events such as 200M, or a time such as 30s".to_string();
    match (parse_duration(text), parse_count(text)) {
        (_, Ok(events)) if events >= 1.0 => Ok(Budget::Events(events)),
        (Ok(time), _) if time > SimDuration::ZERO => Ok(Budget::Time(time)),
        _ => Err(about()),
    }
}

pub(super) fn events(text: &str) -> Result<u64, String> {
    // A cast from f64 saturates.
    match parse_count(text) {
        Ok(events) if events >= 1.0 => Ok(events as u64),
        _ => Err("write a number of events such as 5M".into()),
    }
}

pub(super) fn memory(text: &str) -> Result<Bytes, String> {
    match parse_bytes(text).map_err(told)? {
        Bytes(0) => Err("write an amount above zero, such as 200MB".into()),
        amount => Ok(amount),
    }
}

pub(super) fn load(text: &str) -> Result<Quantity, String> {
    Quantity::parse(text).map_err(told).and_then(|quantity| match quantity {
        Quantity::Rate(rate) if rate <= 0.0 => Err("write a rate above zero, such as 2000/s".into()),
        Quantity::Factor(f) if f > 1e6 => Err("more than a million times the load is not simulated".into()),
        quantity => Ok(quantity),
    })
}

pub(super) fn code(text: &str) -> Result<String, String> {
    let code = text.trim();
    known_code(code).map(|()| code.to_owned()).map_err(|(message, hint)| format!("{message}; {hint}"))
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(told)
}

pub(super) fn fault(text: &str) -> Result<Fault, String> {
    Fault::parse_flag(text)
}

pub(super) fn duration(text: &str) -> Result<SimDuration, String> {
    parse_duration(text).map_err(told)
}

pub(super) fn positive_duration(text: &str) -> Result<SimDuration, String> {
    match duration(text)? {
        SimDuration::ZERO => Err("write a duration above zero, such as 60s".into()),
        d => Ok(d),
    }
}

/// `-` or a path.
pub(super) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn told(error: UnitError) -> String {
    match error.hint {
        Some(hint) => format!("{}; {hint}", error.message),
        None => error.message,
    }
}
