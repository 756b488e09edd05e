//! What alerts and expectations need to be told of a run beside what is counted anyway.

use super::{ComponentId, EndpointId, Plan, SourceId, TopicId};
use crate::units::SimDuration;

/// Something that is noted in every window of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Answers that took longer: a percentile is above a limit when more than its share are.
    Slower(Watched, SimDuration),
    /// How long the oldest message of a queue has been there.
    Oldest(TopicId),
}

/// Whose answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// All traffic's.
    Everything,
    /// A source's.
    Source(SourceId),
    /// An endpoint's, as its users see it where traffic calls it, else as it serves.
    Endpoint(EndpointId),
    /// Those of all endpoints of a component.
    Component(ComponentId),
}

impl Watch {
    /// The age of what waits in a queue; `None` for a component that is none.
    pub fn oldest(plan: &Plan, component: ComponentId) -> Option<Watch> {
        plan.topics.iter().position(|t| t.component == component).map(|t| Watch::Oldest(TopicId::new(t)))
    }
}
