//! Queues and their consumers.

use super::*;

pub const CASES: &[Case] = &[];
