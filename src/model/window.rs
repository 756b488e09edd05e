//! Parts of a run, as expectations name them.

use super::expect::{Wrong, of_unit};
use crate::faults::Fault;
use crate::units::{self, SimDuration};
use crate::yaml::did_you_mean;

/// In which part of a run something is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// All of it.
    #[default]
    Whole,
    /// Before the first fault begins.
    BeforeFault,
    /// From the beginning of the first fault to the end of the last.
    DuringFault,
    /// From the end of the last fault on.
    AfterFault,
    /// Between two times.
    Between(SimDuration, SimDuration),
}

const EXAMPLE: &str =
    "after the limit may stand `before fault`, `during fault`, `after fault` or a part such as `60s..120s`";

impl Window {
    /// When it begins and ends in a run of this length with these faults; `None` for one that is empty.
    pub fn span(self, faults: &[Fault], measured: SimDuration) -> Option<(SimDuration, SimDuration)> {
        // What strikes at random has no time to go by.
        let timed = || faults.iter().filter(|f| f.random.is_none());
        let first = timed().map(|f| f.start).min().unwrap_or_default();
        let last = timed().map(|f| f.end().unwrap_or(measured)).max().unwrap_or_default();
        let (from, to) = match self {
            Window::Whole => (SimDuration::ZERO, measured),
            Window::BeforeFault => (SimDuration::ZERO, first),
            Window::DuringFault => (first, last),
            Window::AfterFault => (last, measured),
            Window::Between(from, to) => (from, to),
        };
        let to = to.min(measured);
        (from < to).then_some((from, to))
    }

    /// As expectations write it; nothing for the whole run.
    pub fn words(self) -> String {
        match self {
            Window::Whole => String::new(),
            Window::BeforeFault => "before fault".into(),
            Window::DuringFault => "during fault".into(),
            Window::AfterFault => "after fault".into(),
            Window::Between(from, to) => format!("{from}..{to}"),
        }
    }

    /// How long a run must be to hold it.
    pub fn reaches(self) -> SimDuration {
        if let Window::Between(_, to) = self { to } else { SimDuration::ZERO }
    }

    /// Whether there is such a part in a run with these faults.
    pub(super) fn fits(self, faults: &[Fault]) -> Result<(), Wrong> {
        let word = match self {
            Window::Whole | Window::Between(..) => return Ok(()),
            Window::BeforeFault => "before fault",
            Window::DuringFault => "during fault",
            Window::AfterFault => "after fault",
        };
        if faults.is_empty() {
            return Err((
                format!("`{word}`: the scenario has no faults"),
                "give it `faults`, or name two times".into(),
            ));
        }
        if faults.iter().any(|f| f.random.is_some()) {
            return Err((format!("`{word}`: the faults strike at random times"), "name two times: `60s..120s`".into()));
        }
        if self == Window::BeforeFault && faults.iter().any(|f| f.start == SimDuration::ZERO) {
            return Err((
                format!("`{word}`: a fault is there from the beginning"),
                "let it begin later: `at: 60s`".into(),
            ));
        }
        if self == Window::AfterFault && faults.iter().any(|f| f.end().is_none()) {
            return Err((format!("`{word}`: a fault never ends"), "say how long it lasts: `for: 60s`".into()));
        }
        Ok(())
    }
}

/// Takes the part of a run off the words after the comparison; what is left is the limit.
pub(super) fn split<'w>(words: &'w [&'w str]) -> Result<(&'w [&'w str], Window), Wrong> {
    let Some((last, before)) = words.split_last() else { return Ok((words, Window::Whole)) };
    if let Some((from, to)) = last.split_once("..") {
        let (from, to) = (units::parse_duration(from).map_err(of_unit)?, units::parse_duration(to).map_err(of_unit)?);
        if from >= to {
            return Err((
                format!("`{last}` ends before it begins"),
                "write the earlier time first: `60s..120s`".into(),
            ));
        }
        return Ok((before, Window::Between(from, to)));
    }
    match before.split_last() {
        Some((word, limit)) if *last == "fault" => {
            let window = match *word {
                "before" => Window::BeforeFault,
                "during" => Window::DuringFault,
                "after" => Window::AfterFault,
                other => {
                    let near = did_you_mean(other, ["before", "during", "after"]);
                    let hint = near.map_or(EXAMPLE.into(), |near| format!("did you mean `{near} fault`?"));
                    return Err((format!("there is no part `{other} fault`"), hint));
                }
            };
            Ok((limit, window))
        }
        _ if before.len() > 1 || matches!(*last, "before" | "during" | "after") => {
            Err((format!("`{}` is more than a limit", words.join(" ")), EXAMPLE.into()))
        }
        _ => Ok((words, Window::Whole)),
    }
}
