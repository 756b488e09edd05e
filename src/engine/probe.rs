//! What the engine tells whoever measures. Called for counted requests only (those that arrive in the measured part),
//! but for profiles.

use super::Outcome;
use crate::plan::{EndpointId, SourceId};
use crate::units::SimDuration;

/// Listens to a running world; every method does nothing unless written.
pub trait Probe {
    /// An endpoint ended a request `latency` after it arrived there.
    fn served(&mut self, endpoint: EndpointId, outcome: Outcome, latency: SimDuration) {
        let _ = (endpoint, outcome, latency);
    }

    /// A user got an answer, or gave up, `latency` after the request was meant to start; `asked` indexes the source's mix.
    fn answered(&mut self, source: SourceId, asked: usize, outcome: Outcome, latency: SimDuration) {
        let _ = (source, asked, outcome, latency);
    }

    /// The engine turns to something else: an event or a step, by its name. For profiles; called for every request, whether
    /// it counts or not, and costs nothing where it is not written.
    #[inline(always)]
    fn turns_to(&mut self, what: &'static str) {
        let _ = what;
    }
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Probe for Silent {}
