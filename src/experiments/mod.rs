//! Stub
pub mod campaign;
pub mod capacity;
pub mod cascade;
pub mod contain;
pub mod guards;
pub mod judge;
pub mod length;
pub mod toll;
pub mod trials;
pub mod usage;
