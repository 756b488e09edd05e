//! Caches and CDNs.

use super::*;

pub const CASES: &[Case] = &[];
