//! Steps of endpoints.

use super::*;

pub const CASES: &[Case] = &[];
