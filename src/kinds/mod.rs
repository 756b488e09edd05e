//! What a model is made of: services, databases, caches, queues, external APIs.
//!
//! Each kind is one file: a spec whose documented fields are the language reference, `read` to make one from YAML, and
//! [`Kind`] to turn it into stations and programs. The plan and the engine never learn the words. To add a kind, write
//! that file and list it in [`SECTIONS`].
//!
//! A model is wired in two passes, since components call one another: first every component is declared with its
//! endpoints, then the programs are written. [`Wiring`] knows the names meanwhile, [`Program`] turns [`StepSpec`]s into
//! instructions, and [`Policy`] is how one party treats another.

mod admission;
mod balance;
mod cache;
mod cached;
mod caller;
mod crowding;
mod database;
mod declared;
mod external;
mod fleet;
mod policy;
mod program;
mod queue;
mod service;
mod steps;
mod target;
mod transaction;
mod wiring;

pub use admission::{ADMISSION_SHAPE, Admission, Quota};
pub use cache::{Cache, GET};
pub use caller::{Caller, Dependency};
pub use database::Database;
pub use external::External;
pub use policy::{Fallback, IN_PLACE_SHAPE, POLICY_SHAPE, Policy, Pool};
pub use program::Program;
pub use queue::Queue;
pub use service::Service;
pub use steps::{Block, STEPS, StepSpec};
pub use target::{Target, check_name};
pub use wiring::{Tier, Tiers, Wiring};

use crate::plan::Origin;
use crate::yaml::{Field, Item, Shape, Takes};

/// The most replicas, connections, permits or waiting places that may be written.
pub const MOST: u32 = 1_000_000;

/// A component that has been read.
pub trait Kind<'a> {
    /// First pass: declares the component, its stations and its endpoints.
    fn declare(&mut self, wiring: &mut Wiring<'a>);

    /// Second pass: writes the programs of its endpoints, calling whatever was declared.
    fn lower(&self, wiring: &mut Wiring<'a>);
}

/// A section of the model.
pub struct Section {
    /// Its key: `services`.
    pub name: &'static str,
    /// Reads one of its entries; `None` when it is too wrong to go on with.
    pub read: for<'a> fn(&Item<'a>) -> Option<Box<dyn Kind<'a> + 'a>>,
}

/// Every section, in the order in which components are declared.
pub const SECTIONS: &[Section] = &[
    Section { name: "services", read: |item| Some(Box::new(Service::read(item)?)) },
    Section { name: "databases", read: |item| Some(Box::new(Database::read(item)?)) },
    Section { name: "caches", read: |item| Some(Box::new(Cache::read(item)?)) },
    Section { name: "queues", read: |item| Some(Box::new(Queue::read(item)?)) },
    Section { name: "external", read: |item| Some(Box::new(External::read(item)?)) },
];

/// The same sections, as they are described.
pub static SECTIONS_SHAPE: Shape = Shape::new(
    "components",
    "What the system is made of. All components and sources share one name space.",
    &[
        Field::new("services", Takes::Named(&Takes::Map(&service::SERVICE_SHAPE)), "What we run."),
        Field::new("databases", Takes::Named(&Takes::Map(&database::DATABASE_SHAPE)), "Where data is kept."),
        Field::new("caches", Takes::Named(&Takes::Map(&cache::contents::CACHE_SHAPE)), "What spares the databases."),
        Field::new("queues", Takes::Named(&Takes::Map(&queue::QUEUE_SHAPE)), "Messages on their way."),
        Field::new("external", Takes::Named(&Takes::Map(&external::EXTERNAL_SHAPE)), "Somebody else's APIs."),
    ],
);

/// Where a value comes from, for the plan.
pub fn origin(item: &Item<'_>) -> Origin {
    Origin { path: item.path.clone(), line: item.place.line, column: item.place.column }
}
