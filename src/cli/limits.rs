//! What a run may cost at most.

use super::values;
use crate::experiments::Options;
use crate::units::Bytes;

/// What a run may cost at most.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct LimitOptions {
    /// Events that each run may take, such as 5M. One that reaches the limit is ended where it is: what it has shown is told
    /// and marked as incomplete, and nothing is judged by it.
    #[arg(long, value_name = "N", value_parser = values::events)]
    pub max_events: Option<u64>,
    /// Memory that all that is in progress in a run may take up, such as 200MB; counted by the sizes of its records, so that
    /// a run ends at the same event on every machine. One that reaches the limit is ended likewise. A run has a thread to
    /// itself: all together take so many times as much as there are threads, and the program itself some 20 MB.
    #[arg(long, value_name = "SIZE", value_parser = values::memory)]
    pub max_memory: Option<Bytes>,
}

impl LimitOptions {
    /// Options that keep to them.
    pub(super) fn keep(self, options: Options) -> Options {
        Options {
            max_events: self.max_events.unwrap_or(options.max_events),
            max_memory: self.max_memory.unwrap_or(options.max_memory),
            ..options
        }
    }

    /// As words of a command line.
    pub(super) fn words(self) -> Vec<String> {
        let events = self.max_events.iter().flat_map(|n| ["--max-events".to_owned(), n.to_string()]);
        events.chain(self.max_memory.iter().flat_map(|b| ["--max-memory".to_owned(), b.to_string()])).collect()
    }
}
