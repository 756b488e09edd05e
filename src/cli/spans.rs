//! Which single requests are kept.

use crate::experiments::Tracing;
use std::path::PathBuf;

/// Single requests.
#[derive(Clone, Debug, clap::Args)]
pub struct TraceOptions {
    /// Write single requests as traces in OTLP JSON (OpenTelemetry), `-` for standard output: of the first replication of
    /// each run and of each entry of each source's mix up to 8 of the slowest, 8 that failed (of each cause some) and 8 that
    /// took about the median time. Times count from 2020-01-01T00:00:00Z, when measuring begins.
    #[arg(long, value_name = "FILE")]
    pub traces: Option<PathBuf>,
}

impl TraceOptions {
    /// Of how much single requests are kept; `shown` if a report shows some.
    pub(super) fn tracing(&self, shown: bool) -> Tracing {
        match (&self.traces, shown) {
            (Some(_), _) => Tracing::Whole,
            (None, true) => Tracing::Brief,
            (None, false) => Tracing::Off,
        }
    }
}
