//! For users: the model language, how results are judged, and what the simulation leaves out.

#[doc = include_str!("language.md")]
pub mod language {}

#[doc = include_str!("judging.md")]
pub mod judging {}

#[doc = include_str!("limitations.md")]
pub mod limitations {}
