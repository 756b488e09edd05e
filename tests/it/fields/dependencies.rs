//! Dependencies: the policies between a caller and a callee.

use super::*;

pub const CASES: &[Case] = &[];
