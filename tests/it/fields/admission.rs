//! What a service lets in: workers, queues, limits, shedding.

use super::*;

pub const CASES: &[Case] = &[];
