//! Scenarios, faults and expectations.

use super::*;

pub const CASES: &[Case] = &[];
