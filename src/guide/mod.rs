//! For users: the model language, how results are judged, and what the simulation leaves out.

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

#[doc = include_str!("judging.md")]
pub mod judging {}

#[doc = include_str!("findings.md")]
pub mod findings {}

#[doc = include_str!("testing.md")]
pub mod testing {}

#[doc = include_str!("reports.md")]
pub mod reports {}

#[doc = include_str!("speed.md")]
pub mod speed {}

#[doc = include_str!("limitations.md")]
pub mod limitations {}
