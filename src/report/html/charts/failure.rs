//! The course of a failure over time.

use super::Picture;
use super::draw::{Chart, Line};
use crate::report::Report;
use crate::report::pictures::{Course, Window};
use crate::report::words::{ms_brief, number, seconds};

/// What users got, and how long it took, while something was wrong.
pub(in crate::report) fn charts(report: &Report, course: &Course, index: usize) -> Vec<Picture> {
    if course.windows.len() < 2 {
        return Vec::new();
    }
    let fault = &course.fault;
    let end = course.windows.last().map_or(0.0, |w| w.at_s + course.window_s);
    let until = fault.duration_s.map_or(end, |d| fault.start_s + d);
    let base = Chart {
        x_word: "time",
        x: (0.0, end),
        x_show: Some(seconds),
        bands: vec![(fault.start_s, until, fault.text.clone())],
        ..Chart::default()
    };
    let line = |name: &str, hue: usize, of: &dyn Fn(&Window) -> Option<f64>| Line {
        name: name.into(),
        hue,
        points: course.windows.iter().map(|w| (w.at_s + course.window_s / 2.0, of(w))).collect(),
        dots: false,
    };
    let most = |of: &dyn Fn(&Window) -> f64| course.windows.iter().map(of).fold(0.0, f64::max);
    let rates = Chart {
        title: format!("Requests answered and failed with {}", fault.text),
        top: 1.15 * most(&|w| w.rate_per_s.max(w.goodput_per_s).max(w.failed_per_s)),
        y_show: Some(number),
        lines: vec![
            line("asked /s", 4, &|w| Some(w.rate_per_s)),
            line("answered /s", 0, &|w| Some(w.goodput_per_s)),
            line("failed /s", 1, &|w| Some(w.failed_per_s)),
        ],
        ..base.clone()
    };
    let names = report.pictures.iter().flat_map(|p| &p.endpoints);
    let mut lines = vec![line("median", 4, &|w| w.p50_ms)];
    for (i, name) in names.enumerate().take(4) {
        lines.push(line(&format!("{name} p99"), i, &|w| w.endpoints_p99_ms.get(i).copied().flatten()));
    }
    let slowest = most(&|w| w.endpoints_p99_ms.iter().flatten().copied().fold(w.p99_ms.unwrap_or(0.0), f64::max));
    let times = Chart {
        title: format!("Time to an answer with {}", fault.text),
        top: 1.15 * slowest,
        y_show: Some(ms_brief),
        lines,
        ..base
    };
    vec![
        Picture {
            name: format!("failure-{}-requests", index + 1),
            caption: format!("Shaded: while {} lasts.", fault.text),
            svg: rates.svg(),
            title: rates.title,
        },
        Picture {
            name: format!("failure-{}-latency", index + 1),
            caption: "Percentiles of the answers that came in each window; a gap means that none came.".into(),
            svg: times.svg(),
            title: times.title,
        },
    ]
}
