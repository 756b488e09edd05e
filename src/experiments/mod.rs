//! Stub
pub mod judge;
pub mod length;
pub mod trials;
