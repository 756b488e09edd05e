//! Measured times: samples and histograms, in a model or in files beside it.

use super::{Dist, cumulative};
use crate::units::{SimDuration, parse_duration};
use crate::yaml::{Item, Shape};

/// `{ file: latencies.csv }`
pub(super) fn empirical(item: &Item<'_>, shape: &'static Shape) -> Option<Dist> {
    let file = file_of(item, shape)?;
    let (heading, rows) = file.csv(1)?;
    let unit = unit(heading.as_deref());
    let sample = |(line, cells): &(u64, Vec<String>)| time(&file, *line, &cells[0], unit).map(|time| time.0 as f64);
    let samples: Option<Vec<f64>> = rows.iter().map(sample).collect();
    samples.map(Dist::Empirical)
}

/// `[ { up_to: 10ms, share: 40% }, … ]`, or `{ file: histogram.csv }`
pub(super) fn histogram(item: &Item<'_>, bucket: &'static Shape, file: &'static Shape) -> Option<Dist> {
    if item.is_map() {
        return counted(&file_of(item, file)?);
    }
    let mut parts = Vec::new();
    let mut low = 0.0;
    for item in item.items() {
        let mut fields = item.shaped(bucket)?;
        let end = fields.required("up_to", "up_to: 10ms");
        let share = fields.required("share", "share: 40%").and_then(|item| item.ratio());
        fields.finish();
        let end = end?;
        let high = end.positive_duration()?.0 as f64;
        if high <= low {
            end.problem("a bucket ends before it begins", "write the buckets from the shortest to the longest");
            return None;
        }
        parts.push((share?, Dist::Uniform { low, high }));
        low = high;
    }
    cumulative(item, parts).map(Dist::Mixture)
}

fn counted(file: &Item<'_>) -> Option<Dist> {
    let (heading, rows) = file.csv(2)?;
    let unit = unit(heading.as_deref());
    let (mut parts, mut low) = (Vec::new(), 0.0);
    for (line, cells) in &rows {
        let high = time(file, *line, &cells[0], unit)?.0 as f64;
        let count = cells[1].parse().ok().filter(|count: &f64| count.is_finite() && *count >= 0.0);
        let Some(count) = count else {
            file.csv_problem(
                *line,
                &format!("`{}` is not a count", cells[1]),
                "write how many there are, such as `120`",
            );
            return None;
        };
        if high <= low {
            file.csv_problem(*line, "a bucket ends before it begins", "sort the lines by the first column");
            return None;
        }
        parts.push((count, Dist::Uniform { low, high }));
        low = high;
    }
    let all: f64 = parts.iter().map(|(count, _)| count).sum();
    if all <= 0.0 {
        file.problem("the histogram is empty", "write how many there are in each bucket");
        return None;
    }
    parts.iter_mut().for_each(|(count, _)| *count /= all);
    cumulative(file, parts).map(Dist::Mixture)
}

fn file_of<'a>(item: &Item<'a>, shape: &'static Shape) -> Option<Item<'a>> {
    let mut fields = item.shaped(shape)?;
    let file = fields.required("file", "file: latencies.csv");
    fields.finish();
    file
}

/// Nanoseconds of a bare number: by what the heading ends in.
fn unit(heading: Option<&[String]>) -> f64 {
    let word = heading.and_then(|cells| cells.first()).map(|cell| cell.to_lowercase()).unwrap_or_default();
    let named =
        |unit: &str| word == unit || word.ends_with(&format!("_{unit}")) || word.ends_with(&format!("({unit})"));
    [("ns", 1.0), ("us", 1e3), ("ms", 1e6)].into_iter().find(|(unit, _)| named(unit)).map_or(1e9, |(_, nanos)| nanos)
}

fn time(file: &Item<'_>, line: u64, cell: &str, unit: f64) -> Option<SimDuration> {
    let bare = cell.parse().ok().filter(|time: &f64| time.is_finite() && *time >= 0.0);
    let read = bare.map(|time| SimDuration((time * unit) as u64)).or_else(|| parse_duration(cell).ok());
    if read.is_none() {
        file.csv_problem(line, &format!("`{cell}` is not a time"), "write a number, or a duration such as `12ms`");
    }
    read
}
