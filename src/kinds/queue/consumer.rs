//! Who handles messages.

use super::super::{IN_PLACE_SHAPE, MOST, Policy, Target};
use crate::yaml::{Field, Item, Shape, Takes};

/// One entry of `consumers`.
#[derive(Debug)]
pub(super) struct ConsumerSpec<'a> {
    pub call: Target<'a>,
    pub concurrency: Option<u32>,
    pub prefetch: Option<Item<'a>>,
    pub policy: Policy<'a>,
    pub item: Item<'a>,
}

pub(super) static SHAPE: Shape = Shape::new(
    "consumer",
    "Who handles messages: the message is finished when the call succeeds; `on_failure` says what happens when it fails. The \
     fields of a policy stand in place.",
    &[
        Field::required("call", Takes::Name, "What is called for each message."),
        Field::new("concurrency", Takes::Whole(1, MOST), "Messages in progress at once. Default 1."),
        Field::new(
            "prefetch",
            Takes::Whole(1, MOST),
            "Messages it receives before it is done with those before, those in progress included (RabbitMQ's prefetch, SQS's batches): \
             they wait with it, and their visibility time-out runs. Default: as many as its `concurrency`.",
        ),
    ],
)
.with(&[&IN_PLACE_SHAPE]);

impl<'a> ConsumerSpec<'a> {
    pub(super) fn read(item: &Item<'a>) -> Option<ConsumerSpec<'a>> {
        let mut fields = item.shaped(&SHAPE)?;
        let call = fields.required("call", "call: mailer.send").and_then(|item| Target::read(&item));
        let concurrency = fields.optional("concurrency").map(|item| item.whole(1, MOST).unwrap_or(1));
        let prefetch = fields.optional("prefetch");
        let policy = Policy::read_in_place(&mut fields);
        fields.finish();
        Some(ConsumerSpec { call: call?, concurrency, prefetch, policy, item: item.clone() })
    }

    /// How many messages it holds, with so many in progress.
    pub(super) fn prefetch(&self, concurrency: u32, partitioned: bool) -> u32 {
        let Some(item) = &self.prefetch else { return concurrency };
        let number = item.whole(1, MOST).unwrap_or(concurrency);
        if partitioned {
            let message = "`prefetch` has no effect in partitions: each hands out one message at a time";
            item.problem_at_key(message, "remove it");
        } else if number <= concurrency {
            let message = format!("a `prefetch` of {number} has no effect with a `concurrency` of {concurrency}");
            item.problem_at_key(message, "write a larger number, or remove it");
        }
        number.max(concurrency)
    }
}
