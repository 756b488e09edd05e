//! Times and other distributions.

use super::*;

pub const CASES: &[Case] = &[];
