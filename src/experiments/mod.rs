//! Stub
pub mod capacity;
pub mod cascade;
pub mod judge;
pub mod length;
pub mod trials;
pub mod usage;
