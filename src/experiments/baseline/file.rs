//! A baseline as text: YAML with one figure a line, so that two branches that change different things merge.

use super::Recorded;
use crate::units::SimDuration;
use crate::yaml::{Document, Fields, Item, Problem, Problems, quoted};
use std::fmt::Write;

/// The name of the format, in each file.
const FORMAT: &str = "tenfold/baseline/1";
/// Another version may draw other random numbers.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a baseline was measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// `simulate MODEL`
    Review,
    /// `simulate test`
    Test,
    /// `simulate check`: findings alone.
    Check,
}

const COMMANDS: &[(&str, Of)] = &[("review", Of::Review), ("test", Of::Test), ("check", Of::Check)];

impl Of {
    fn word(self) -> &'static str {
        COMMANDS.iter().find(|(_, of)| *of == self).map_or("", |(word, _)| word)
    }
}

/// A finding that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accepted {
    /// Its code.
    pub finding: String,
    /// What it is about.
    pub on: String,
    /// Why.
    pub reason: String,
}

/// What was measured once.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// By which command.
    pub of: Of,
    /// The version that measured it.
    pub version: String,
    /// The seed.
    pub seed: u64,
    /// Of which models.
    pub models: Vec<Measured>,
}

/// What was measured of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Its file.
    pub file: String,
    /// The hash of its content.
    pub hash: String,
    /// Its runs.
    pub runs: Vec<Recorded>,
    /// Findings that are accepted.
    pub accepted: Vec<Accepted>,
}

impl Baseline {
    /// An empty one of this version.
    pub fn new(of: Of, seed: u64) -> Baseline {
        Baseline { of, version: VERSION.into(), seed, models: Vec::new() }
    }

    /// The part of a model.
    pub fn model(&self, file: &str) -> Option<&Measured> {
        self.models.iter().find(|m| m.file == file)
    }

    /// How many figures it holds.
    pub fn figures(&self) -> usize {
        self.models.iter().flat_map(|m| &m.runs).map(|run| run.figures.len()).sum()
    }

    /// Why nothing can be compared with it under this command and seed: what is wrong, and what to do.
    pub fn refused(&self, of: Of, seed: u64) -> Option<(String, String)> {
        // Findings are accepted whatever was measured beside them.
        if of == Of::Check {
            return None;
        }
        let anew = || "write it anew by --write-baseline, from the branch you compare with".to_owned();
        if self.version != VERSION {
            let (theirs, ours) = (&self.version, VERSION);
            let message =
                format!("it was written by version {theirs}, and this is {ours}: the random numbers may differ");
            return Some((message, anew()));
        }
        if self.of != of {
            return Some((format!("it was written by `simulate {}`", self.of.word()), anew()));
        }
        (self.seed != seed).then(|| {
            let message = format!("it was written under seed {}, and this is seed {seed}", self.seed);
            (message, format!("give --seed {}, or {}", self.seed, anew()))
        })
    }

    /// As text.
    pub fn show(&self) -> String {
        let mut out = String::from(
            "# A Tenfold baseline: --baseline compares with it, --write-baseline writes it. One figure a line, with its value\n\
             # in each replication: seconds, shares of 1, or per second.\n",
        );
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "format: {FORMAT}\nversion: {}\ncommand: {}", quoted(&self.version), self.of.word())?;
        writeln!(out, "seed: {}\nmodels:", self.seed)?;
        for model in &self.models {
            writeln!(out, "  {}:\n    hash: {:?}", key(&model.file), model.hash)?;
            if !model.runs.is_empty() {
                writeln!(out, "    runs:")?;
            }
            for run in &model.runs {
                let faults: Vec<String> = run.faults.iter().map(|f| quoted(f).into_owned()).collect();
                writeln!(out, "      {}:\n        load: {}", key(&run.name), run.load)?;
                writeln!(out, "        faults: [{}]", faults.join(", "))?;
                writeln!(out, "        warmup_ns: {}\n        measured_ns: {}", run.warmup.0, run.measured.0)?;
                writeln!(out, "        figures:")?;
                for (name, values) in &run.figures {
                    let values: Vec<String> = values.iter().map(|v| v.map_or("~".into(), |v| v.to_string())).collect();
                    writeln!(out, "          {}: [{}]", key(name), values.join(", "))?;
                }
            }
            if !model.accepted.is_empty() {
                writeln!(out, "    accepted:")?;
            }
            for a in &model.accepted {
                let (finding, on, reason) = (quoted(&a.finding), quoted(&a.on), quoted(&a.reason));
                writeln!(out, "      - {{ finding: {finding}, on: {on}, reason: {reason} }}")?;
            }
        }
        Ok(())
    }

    /// Reads one.
    ///
    /// # Errors
    /// All problems of the file.
    pub fn read(file: &str, text: &str) -> Result<Baseline, Vec<Problem>> {
        let document = Document::parse(file, text)?;
        let problems = Problems::new();
        let baseline = read(&Item::root(&document.root, &problems));
        match baseline.filter(|_| problems.is_empty()) {
            Some(baseline) => Ok(baseline),
            None if problems.is_empty() => Err(vec![Problem::of_file("this is no baseline")]),
            None => Err(problems.into_vec()),
        }
    }
}

/// Every key in quotes that YAML might take for something else.
fn key(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./ ".contains(c);
    if name.chars().all(plain) && quoted(name) == name { name.into() } else { format!("{name:?}") }
}

fn read(item: &Item<'_>) -> Option<Baseline> {
    let mut fields = item.fields()?;
    let format = fields.required("format", FORMAT)?;
    if format.text()? != FORMAT {
        format.problem(format!("this is no `{FORMAT}`"), "write it anew by --write-baseline");
        return None;
    }
    let version = fields.required("version", VERSION)?.text()?.to_owned();
    let of = fields.required("command", "command: test")?.word(COMMANDS)?;
    let seed = number(&mut fields, "seed")?;
    let models = fields.optional("models").map(|item| item.entries()).unwrap_or_default();
    fields.finish();
    let models = models.iter().filter_map(model).collect();
    Some(Baseline { of, version, seed, models })
}

fn model(item: &Item<'_>) -> Option<Measured> {
    let mut fields = item.fields()?;
    let hash = fields.required("hash", "hash: …")?.text()?.to_owned();
    let runs = fields.optional("runs").map(|item| item.entries()).unwrap_or_default();
    let accepted = fields.optional("accepted").map(|item| item.items()).unwrap_or_default();
    fields.finish();
    let runs = runs.iter().filter_map(run).collect();
    let accepted = accepted.iter().filter_map(read_accepted).collect();
    Some(Measured { file: item.name.clone(), hash, runs, accepted })
}

fn read_accepted(item: &Item<'_>) -> Option<Accepted> {
    let mut fields = item.fields()?;
    let mut text = |name, example| Some(fields.required(name, example)?.text()?.to_owned());
    let finding = text("finding", "finding: missing-timeout");
    let (on, reason) = (text("on", "on: web>api"), text("reason", "reason: known"));
    fields.finish();
    Some(Accepted { finding: finding?, on: on?, reason: reason? })
}

fn run(item: &Item<'_>) -> Option<Recorded> {
    let mut fields = item.fields()?;
    let load = fields.required("load", "load: 1")?;
    let faults = fields.optional("faults").map(|item| item.items()).unwrap_or_default();
    let (warmup, measured) = (number(&mut fields, "warmup_ns"), number(&mut fields, "measured_ns"));
    let figures = fields.optional("figures").map(|item| item.entries()).unwrap_or_default();
    fields.finish();
    let figures: Vec<(String, Vec<Option<f64>>)> = figures.iter().filter_map(figure).collect();
    Some(Recorded {
        name: item.name.clone(),
        load: value(&load)??,
        faults: faults.iter().filter_map(|f| f.text().map(str::to_owned)).collect(),
        warmup: SimDuration(warmup?),
        measured: SimDuration(measured?),
        figures,
    })
}

fn figure(item: &Item<'_>) -> Option<(String, Vec<Option<f64>>)> {
    let values: Option<Vec<Option<f64>>> = item.items().iter().map(value).collect();
    Some((item.name.clone(), values?))
}

/// A number, or nothing for `~`.
fn value(item: &Item<'_>) -> Option<Option<f64>> {
    if item.node.value == crate::yaml::Value::Null {
        return Some(None);
    }
    let number = item.text()?.parse::<f64>().ok().filter(|x| x.is_finite());
    if number.is_none() {
        item.problem("this is no number", "write the file anew by --write-baseline");
    }
    number.map(Some)
}

fn number(fields: &mut Fields<'_>, name: &'static str) -> Option<u64> {
    let item = fields.required(name, &format!("{name}: 1"))?;
    let number = item.text()?.parse::<u64>().ok();
    if number.is_none() {
        item.problem(format!("`{name}` is a whole number"), "write the file anew by --write-baseline");
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Baseline {
        let figures = vec![
            ("web.home p99 during fault".to_owned(), vec![Some(0.1 + 0.2), None, Some(1e-9 / 3.0)]),
            ("web>api retries".to_owned(), vec![Some(0.0), Some(1.0), Some(123_456_789.123_456_78)]),
        ];
        let run = Recorded {
            name: "a: b".into(),
            load: 2.5,
            faults: vec!["latency:stripe:+5s@60s+120s".into()],
            warmup: SimDuration(10_000_000_000),
            measured: SimDuration(60_000_000_001),
            figures,
        };
        let accepted = Accepted { finding: "n-plus-one".into(), on: "web>api".into(), reason: "old: \"known\"".into() };
        let model = Measured {
            file: "models/a b.yaml".into(),
            hash: "0123456789012345".into(),
            runs: vec![run],
            accepted: vec![accepted],
        };
        Baseline { models: vec![model], ..Baseline::new(Of::Test, u64::MAX) }
    }

    #[test]
    fn what_is_written_is_read_again_bit_by_bit() {
        let baseline = sample();
        assert_eq!(Baseline::read("b.yaml", &baseline.show()), Ok(baseline));
    }

    #[test]
    fn a_figure_is_a_line() {
        let text = sample().show();
        let line = text.lines().find(|line| line.contains("retries")).unwrap();
        assert_eq!(line, "          \"web>api retries\": [0, 1, 123456789.12345678]");
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let baseline = sample();
        let seed = u64::MAX;
        assert_eq!(baseline.refused(Of::Test, seed), None);
        assert!(baseline.refused(Of::Test, 1).unwrap().0.contains("under seed"));
        assert!(baseline.refused(Of::Review, seed).unwrap().0.contains("by `simulate test`"));
        let old = Baseline { version: "0.0.1".into(), ..baseline };
        assert!(old.refused(Of::Test, seed).unwrap().0.contains("by version 0.0.1"));
        assert_eq!(old.refused(Of::Check, 1), None);
    }

    #[test]
    fn unknown_fields_and_other_formats_are_errors_at_their_line() {
        let text = sample().show().replace("seed:", "sed:");
        let problems = Baseline::read("b.yaml", &text).unwrap_err();
        assert!(problems.iter().any(|p| p.message.contains("has no `seed`")), "{problems:?}");
        let text = sample().show().replace("    hash:", "    hush: 1\n    hash:");
        let problems = Baseline::read("b.yaml", &text).unwrap_err();
        assert_eq!(problems[0].place.map(|p| p.line), Some(9), "{problems:?}");
        let text = sample().show().replace("baseline/1", "baseline/2");
        assert!(Baseline::read("b.yaml", &text).unwrap_err()[0].message.contains("this is no `tenfold/baseline/1`"));
    }
}
