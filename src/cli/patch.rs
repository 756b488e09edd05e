//! Plans as files: written by `--write-plan`, read by `--apply`.
//!
//! A patch is YAML with one setting a line, its path before it, so that each line is what `--set` takes.

use super::exit::Mistake;
use super::input;
use super::output::Place;
use super::values::Setting;
use crate::model::Model;
use crate::report::{PlanToTarget, Report};
use crate::units::show_factor;
use crate::yaml::{Document, Node, Value, unified_diff};
use anyhow::Context;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The settings of these files, then those of the command line, which win.
pub(super) fn settings(files: &[PathBuf], set: &[Setting]) -> Result<Vec<Setting>, Mistake> {
    let mut all = Vec::new();
    for file in files {
        all.extend(read(file)?);
    }
    all.extend_from_slice(set);
    Ok(all)
}

fn read(path: &Path) -> Result<Vec<Setting>, Mistake> {
    let input = input::read(path)?;
    let wrong = |message: String| {
        Mistake::new(
            format!("--apply {}: {message}", input.file),
            "write one `path: value` a line, such as `services.web.replicas: 8`",
        )
    };
    let document = Document::parse(&input.file, &input.text)
        .map_err(|problems| wrong(problems.into_iter().map(|p| p.message).collect::<Vec<String>>().join("; ")))?;
    let Value::Map(entries) = &document.root.value else { return Ok(Vec::new()) };
    let setting = |(key, node): &(crate::yaml::Key, Node)| {
        // `services: { … }` would replace the whole section.
        if !key.name.contains('.') && matches!(node.value, Value::Map(_) | Value::Null) {
            return Err(wrong(format!("`{}` in line {} is no path of a setting", key.name, key.place.line)));
        }
        Ok(Setting { path: key.name.clone(), value: node.show() })
    };
    entries.iter().map(setting).collect()
}

/// Where plans go.
pub(super) struct Places(Vec<(PathBuf, Place)>);

impl Places {
    /// Opens all of them.
    pub(super) fn open(paths: &[PathBuf], model: &Path) -> Result<Places, Mistake> {
        let open = |path: &PathBuf| Ok((path.clone(), Place::open(path, &[model.to_path_buf()])?));
        paths.iter().map(open).collect::<Result<Vec<_>, Mistake>>().map(Places)
    }

    /// Writes the plan of a report to each, as its name asks for.
    pub(super) fn write(self, report: &Report, model: &Model, settings: &[Setting]) -> anyhow::Result<()> {
        for (path, place) in self.0 {
            let diff = path.extension().is_some_and(|e| e == "diff");
            place.write(&if diff { difference(report, model, settings)? } else { patch(report, &path) })?;
        }
        Ok(())
    }
}

/// The plan, one setting a line.
fn patch(report: &Report, path: &Path) -> String {
    let mut text = String::new();
    let Some(plan) = &report.plan else {
        return format!(
            "# {} holds at {}: there is nothing to change.\n{{}}\n",
            name(report),
            show_factor(report.load)
        );
    };
    let (target, file) = (show_factor(plan.target_load), path.display());
    let _ = writeln!(text, "# {}", proof(report, plan));
    let _ = writeln!(text, "#   simulate run {} --load {target} --apply {file}", report.model.file);
    for (i, change) in plan.changes.iter().enumerate() {
        let was = change.from.as_deref().map(|from| format!("was {from}"));
        let without = plan.without.get(i).map(|what| format!("without it {}", what.clause()));
        let notes: Vec<String> = was.into_iter().chain(without).collect();
        let comment = if notes.is_empty() { String::new() } else { format!("  # {}", notes.join("; ")) };
        let _ = writeln!(text, "{}: {}{comment}", quoted(&change.path), change.to);
    }
    if plan.changes.is_empty() {
        text.push_str("{}\n");
    }
    text
}

fn name(report: &Report) -> &str {
    &report.model.name
}

fn proof(report: &Report, plan: &PlanToTarget) -> String {
    let (name, target) = (name(report), show_factor(plan.target_load));
    match plan.meets_slos {
        true => format!("{name} to {target}: with all of this every SLO holds, by a last run (seed {}).", report.seed),
        false => format!("{name} to {target}: this helps, but the SLOs do not hold with all of it."),
    }
}

/// A key with quotes where YAML needs them.
fn quoted(path: &str) -> String {
    let plain = path.chars().all(|c| c.is_alphanumeric() || "._-/".contains(c));
    if plain { path.into() } else { format!("'{}'", path.replace('\'', "''")) }
}

/// What the plan, with the settings it was made under, changes in the model's file.
fn difference(report: &Report, model: &Model, settings: &[Setting]) -> anyhow::Result<String> {
    let planned = report.plan.iter().flat_map(|plan| &plan.changes).map(|c| (c.path.as_str(), c.to.as_str()));
    let changes: Vec<(&str, &str)> =
        settings.iter().map(|s| (s.path.as_str(), s.value.as_str())).chain(planned).collect();
    let document = &model.document;
    let text = document.edited(&changes).context(
        "the plan cannot be written as a diff, since what it changes comes from an anchor or is left empty in the file; \
         write it as a patch instead, to a name that ends in .yaml",
    )?;
    Ok(unified_diff(&document.file, &document.text, &text))
}
