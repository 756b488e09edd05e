//! Indices with a type, so that an edge is never taken for an endpoint.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// From a position in the plan's list.
            pub fn new(index: usize) -> Self {
                $name(index as u32)
            }

            /// Position in the plan's list.
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// Names a component.
    ComponentId
    /// Names a station.
    StationId
    /// Names an endpoint.
    EndpointId
    /// Names a distribution.
    DistId
    /// Names an edge.
    EdgeId
    /// Names a link.
    LinkId
    /// Names a topic.
    TopicId
    /// Names a cache.
    CacheId
    /// Names a place that looks into a cache.
    LookId
    /// Names replicas that follow.
    ReplicationId
    /// Names a set of rows that can be locked.
    LockId
    /// Names a source.
    SourceId
    /// Names a list of parallel branches.
    ForkId
    /// Names a list of alternatives.
    SwitchId
    /// A position in the list of steps.
    Pc
}

impl Pc {
    /// Nowhere: the request fails with the cause of what failed.
    pub const FAIL: Pc = Pc(u32::MAX);
}
