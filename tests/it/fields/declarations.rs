//! Declarations: what the review needs and the simulator does not.

use super::*;

pub const CASES: &[Case] = &[];
