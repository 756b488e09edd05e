//! Stub
pub mod bench;
pub mod campaign;
pub mod capacity;
pub mod cascade;
pub mod contain;
pub mod guards;
pub mod judge;
pub mod length;
pub mod limits;
pub mod scale;
pub mod toll;
pub mod trials;
pub mod usage;
