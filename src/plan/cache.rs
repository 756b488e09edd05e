//! Caches.

use super::ComponentId;

/// A cache with a stated hit ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    /// Its component.
    pub component: ComponentId,
    /// Share of look-ups that hit, in [0, 1].
    pub hit_ratio: f64,
}
