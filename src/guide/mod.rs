//! For users: learning it, doing things with it, looking things up, and what is behind it.
//!
//! - To learn: the [`tutorial`], from an empty file to a tested model.
//! - To do: [`how_to`], in recipes; [`testing`], in CI.
//! - To look up: the [`language`], the [`findings`], the [`reports`] and their formats.
//! - To understand: the [`engine`], how verdicts are reached ([`judging`]), how fast it is ([`speed`]), and what the simulation
//!   leaves out ([`limitations`]).

#[doc = include_str!("tutorial.md")]
pub mod tutorial {}

#[doc = include_str!("how-to.md")]
pub mod how_to {}

/// The model language: every word of it. A model is one YAML file. It should read aloud well; where a word is missing, a
/// default stands in, and where a default decided something, the report says so.
pub mod language {
    #[doc = include_str!("language/whole.md")]
    pub mod whole {}

    #[doc = include_str!("language/quantities.md")]
    pub mod quantities {}

    #[doc = include_str!("language/traffic.md")]
    pub mod traffic {}

    #[doc = include_str!("language/services.md")]
    pub mod services {}

    #[doc = include_str!("language/fleet.md")]
    pub mod fleet {}

    #[doc = include_str!("language/admission.md")]
    pub mod admission {}

    #[doc = include_str!("language/steps.md")]
    pub mod steps {}

    #[doc = include_str!("language/dependencies.md")]
    pub mod dependencies {}

    #[doc = include_str!("language/databases.md")]
    pub mod databases {}

    #[doc = include_str!("language/caches.md")]
    pub mod caches {}

    #[doc = include_str!("language/queues.md")]
    pub mod queues {}

    #[doc = include_str!("language/external.md")]
    pub mod external {}

    #[doc = include_str!("language/scenarios.md")]
    pub mod scenarios {}

    #[doc = include_str!("language/alerts.md")]
    pub mod alerts {}
}

#[doc = include_str!("findings.md")]
pub mod findings {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("reports.md")]
pub mod reports {}

#[doc = include_str!("engine.md")]
pub mod engine {}

#[doc = include_str!("judging.md")]
pub mod judging {}

#[doc = include_str!("speed.md")]
pub mod speed {}

#[doc = include_str!("limitations.md")]
pub mod limitations {}
