//! Margins: how much a figure may differ from a baseline before it counts.

use super::Metric;
use crate::yaml::{Field, Item, Shape, Takes};

/// What a difference must exceed; the fields are those of `MARGINS_SHAPE`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margins {
    /// Of the figure in the baseline.
    pub relative: f64,
    /// Share of requests.
    pub success: f64,
    /// Seconds.
    pub latency: f64,
    /// Requests per second.
    pub rate: f64,
    /// Share in use.
    pub utilization: f64,
    /// Number waiting.
    pub queue: f64,
    /// Retries, or second executions, of each call.
    pub retries: f64,
}

impl Default for Margins {
    fn default() -> Margins {
        Margins {
            relative: 0.05,
            success: 0.001,
            latency: 0.001,
            rate: 0.1,
            utilization: 0.01,
            queue: 0.1,
            retries: 0.001,
        }
    }
}

/// How much a figure may differ from a baseline.
pub static MARGINS_SHAPE: Shape = Shape::new(
    "margins",
    "How much a figure may differ from a baseline: by a share of what it was, and by so much at least. For `success` the \
     share does not count.",
    &[
        Field::new("relative", Takes::Share, "Share of the figure in the baseline. Default `5%`."),
        Field::new("success", Takes::Share, "For the share of requests answered. Default `0.1%`."),
        Field::new(
            "latency",
            Takes::Duration,
            "At least, for means and percentiles of latency, and for ages. Default `1ms`.",
        ),
        Field::new("rate", Takes::Rate, "At least, for goodput and rates. Default `0.1/s`."),
        Field::new("utilization", Takes::Share, "At least, for utilization. Default `1%`."),
        Field::new("queue", Takes::Number, "At least, for the mean number waiting. Default 0.1."),
        Field::new("retries", Takes::Share, "At least, for retries and duplicates of each call. Default `0.1%`."),
    ],
);

impl Margins {
    /// How much a metric may differ from this value.
    pub fn of(&self, metric: Metric, value: f64) -> f64 {
        let least = match metric {
            // A twentieth of 99.9% would let everything pass.
            Metric::Success => return self.success,
            Metric::Goodput | Metric::Rate => self.rate,
            Metric::Mean | Metric::Percentile(_) | Metric::Age => self.latency,
            Metric::Utilization => self.utilization,
            Metric::Queue => self.queue,
            Metric::Retries | Metric::Duplicates => self.retries,
        };
        least.max(self.relative * value.abs())
    }
}

/// Reads `margins`.
pub(super) fn read(item: &Item<'_>) -> Option<Margins> {
    let mut fields = item.shaped(&MARGINS_SHAPE)?;
    let usual = Margins::default();
    let margins = Margins {
        relative: fields.optional("relative").and_then(|item| item.ratio()).unwrap_or(usual.relative),
        success: fields.optional("success").and_then(|item| item.ratio()).unwrap_or(usual.success),
        latency: fields.optional("latency").and_then(|item| item.duration()).map_or(usual.latency, |d| d.seconds()),
        rate: fields.optional("rate").and_then(|item| item.rate()).unwrap_or(usual.rate),
        utilization: fields.optional("utilization").and_then(|item| item.ratio()).unwrap_or(usual.utilization),
        queue: fields.optional("queue").and_then(|item| item.number()).unwrap_or(usual.queue),
        retries: fields.optional("retries").and_then(|item| item.ratio()).unwrap_or(usual.retries),
    };
    fields.finish();
    Some(margins)
}
