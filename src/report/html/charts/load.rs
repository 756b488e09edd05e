//! What the system gives at each load.

use super::Picture;
use super::draw::{Chart, Line};
use crate::report::words::{factor, ms_brief, number, share};
use crate::report::{Measure, Report};

/// Endpoints that are drawn.
const LINES: usize = 5;

/// Goodput, the share answered and latency by load; none without a curve.
pub(in crate::report) fn charts(report: &Report) -> Vec<Picture> {
    let Some(pictures) = report.pictures.as_ref().filter(|p| p.curve.len() > 1) else { return Vec::new() };
    let curve = &pictures.curve;
    let (first, last) = (curve[0].load, curve[curve.len() - 1].load);
    let marks: Vec<(f64, String)> = report
        .capacity
        .iter()
        .filter(|c| c.high.is_some() && c.load <= last)
        .map(|c| (c.load, format!("SLOs hold up to {}", factor(c.load))))
        .collect();
    let base = Chart {
        x_word: "load, as a multiple of today's",
        x: (first.min(1.0), last),
        x_show: Some(factor),
        marks,
        ..Chart::default()
    };
    let line =
        |name: &str, hue: usize, points: Vec<(f64, Option<f64>)>| Line { name: name.into(), hue, points, dots: true };
    let asked: Vec<_> = curve.iter().map(|p| (p.load, Some(p.rate_per_s))).collect();
    let good: Vec<_> = curve.iter().map(|p| (p.load, Some(p.goodput_per_s))).collect();
    let most = curve.iter().map(|p| p.rate_per_s).fold(0.0, f64::max);
    let mut lines = vec![line("asked, per second", 4, asked), line("answered, per second", 0, good)];
    lines[0].dots = false;
    let goodput = Chart {
        title: format!("Requests asked and answered at loads from {} to {}", factor(first), factor(last)),
        top: most * 1.08,
        y_show: Some(number),
        lines,
        ..base.clone()
    };
    let by_endpoint = |of: &dyn Fn(usize, &crate::report::pictures::LoadPoint) -> Option<f64>| -> Vec<Line> {
        let names = pictures.endpoints.iter().enumerate().take(LINES);
        names.map(|(i, name)| line(name, i, curve.iter().map(|p| (p.load, of(i, p))).collect())).collect()
    };
    let success = Chart {
        title: "Share of requests answered, by endpoint and load".into(),
        top: 1.2,
        y_show: Some(share),
        lines: by_endpoint(&|i, p| p.success.get(i).copied()),
        ..base.clone()
    };
    let slowest = curve.iter().flat_map(|p| p.p99_ms.iter().flatten()).fold(0.0, |a: f64, b| a.max(*b));
    let latency = Chart {
        title: "99th percentile of the time to an answer, by endpoint and load".into(),
        top: slowest * 1.1,
        y_show: Some(ms_brief),
        lines: by_endpoint(&|i, p| p.p99_ms.get(i).copied().flatten()),
        limits: limits(report, &pictures.endpoints),
        ..base
    };
    let edge = report.capacity.as_ref().map(|c| factor(c.load)).unwrap_or_default();
    let knee = format!(
        "Up to the knee, what is answered follows what is asked. The SLOs hold up to {edge}; beyond, the gap between the lines is what users lose."
    );
    vec![
        told("load-goodput", knee, goodput),
        told("load-success", "Where a line leaves 100%, that endpoint begins to fail.".into(), success),
        told("load-latency", "Dashed, in the colour of its endpoint: the limit that an SLO sets.".into(), latency),
    ]
}

fn told(name: &str, caption: String, chart: Chart) -> Picture {
    Picture { name: name.into(), caption, svg: chart.svg(), title: chart.title }
}

/// The limits of latency SLOs, as far as they can be read off their texts (`web.home p99 < 300ms`), each with the line it is
/// for.
fn limits(report: &Report, endpoints: &[String]) -> Vec<(f64, String, usize)> {
    let Some(run) = report.asked_run() else { return Vec::new() };
    let p99 = run.slos.iter().filter(|s| s.measure == Measure::PercentileMs(99.0));
    p99.filter_map(|slo| {
        let limit = slo.text.split(['<', '=']).next_back()?.trim();
        let time = crate::units::parse_duration(limit).ok()?;
        let line = endpoints.iter().take(LINES).position(|name| Some(name) == slo.subject.as_ref())?;
        Some((time.millis(), limit.into(), line))
    })
    .collect()
}
