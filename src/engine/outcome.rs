//! How a request or a call ends.

/// Why something failed, as the party that waited for it sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Cause {
    /// It answered with an error of its own.
    Error,
    /// Something it called failed, and it passed that on.
    Dependency,
    /// The caller's patience ended.
    Timeout,
    /// Its accept queue, or the server's connections, were full.
    Refused,
    /// None of its replicas was up.
    Unavailable,
    /// It died, or the connection broke, while it was working.
    Reset,
    /// The caller's circuit breaker was open.
    BreakerOpen,
    /// The caller's bulkhead was full.
    BulkheadFull,
    /// It came faster than the rate limit allows.
    RateLimited,
    /// The message queue was full.
    QueueFull,
    /// The caller's pool had no connection for it.
    PoolFull,
    /// The caller's adaptive throttle refused it.
    Throttled,
    /// The time for the whole call, or for the request it belonged to, was over.
    Deadline,
    /// Its caller gave up and said so.
    Cancelled,
    /// The caller's kill switch was flipped.
    SwitchedOff,
    /// It was turned away on purpose: by load shedding, a concurrency limit, CoDel or the longest wait.
    Shed,
    /// Somebody else had the rows it wanted: a deadlock, too long a wait, or a newer version.
    Conflict,
}

impl Cause {
    /// How many there are.
    pub const COUNT: usize = 17;

    /// All of them, in the order of their numbers.
    pub const ALL: [Cause; Cause::COUNT] = [
        Cause::Error,
        Cause::Dependency,
        Cause::Timeout,
        Cause::Refused,
        Cause::Unavailable,
        Cause::Reset,
        Cause::BreakerOpen,
        Cause::BulkheadFull,
        Cause::RateLimited,
        Cause::QueueFull,
        Cause::PoolFull,
        Cause::Throttled,
        Cause::Deadline,
        Cause::Cancelled,
        Cause::SwitchedOff,
        Cause::Shed,
        Cause::Conflict,
    ];

    /// The word for it in reports.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Error => "error",
            Cause::Dependency => "dependency failed",
            Cause::Timeout => "timeout",
            Cause::Refused => "refused",
            Cause::Unavailable => "unavailable",
            Cause::Reset => "reset",
            Cause::BreakerOpen => "breaker open",
            Cause::BulkheadFull => "bulkhead full",
            Cause::RateLimited => "rate limited",
            Cause::QueueFull => "queue full",
            Cause::PoolFull => "pool full",
            Cause::Throttled => "throttled",
            Cause::Deadline => "deadline",
            Cause::Cancelled => "cancelled",
            Cause::SwitchedOff => "switched off",
            Cause::Shed => "shed",
            Cause::Conflict => "conflict",
        }
    }

    /// Whether trying again may help. What refuses on the caller's own side says no on purpose, and so does a deadline.
    pub(super) fn is_retryable(self) -> bool {
        crate::policies::FAILURES.get(self as usize).is_some_and(|word| !word.is_empty())
    }
}

/// How a request or a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Succeeded,
    /// With a substitute: a fallback answered, or something optional was left out.
    Degraded,
    /// Not at all.
    Failed(Cause),
}

impl Outcome {
    /// Whether the caller got something it can use.
    pub fn is_good(self) -> bool {
        !matches!(self, Outcome::Failed(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_numbered_as_they_are_listed() {
        for (i, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, i);
        }
    }
}
