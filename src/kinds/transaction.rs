//! How `transaction` and `lock` steps become instructions.

use super::{Program, StepSpec, Target};
use crate::plan::{ComponentId, Pc, Step};

/// The transaction that steps belong to.
#[derive(Clone, Copy)]
pub(super) struct Within {
    /// The database.
    pub database: ComponentId,
    /// Steps are done side by side.
    pub forked: bool,
}

impl<'p, 'a> Program<'p, 'a> {
    pub(super) fn transaction(&mut self, target: &Target<'a>, steps: &'p [StepSpec<'a>]) {
        let Some((database, begin)) = self.wiring.transaction(target) else { return };
        if self.within.is_some() {
            let hint = "let the inner steps belong to the outer transaction, or do them behind it";
            return target.problem("a transaction stands within another", hint);
        }
        let (link, _) = self.link(begin, target);
        self.emit(Step::Call { link, failed: Pc::FAIL });
        self.within = Some(Within { database, forked: false });
        self.block(steps);
        self.within = None;
        self.emit(Step::Commit { link });
    }

    pub(super) fn lock(&mut self, rows: &Target<'a>, optimistic: bool, steps: &'p [StepSpec<'a>]) {
        let Some(lock) = self.wiring.lock(rows) else { return };
        self.emit(Step::Lock { lock, optimistic });
        self.block(steps);
        self.emit(Step::Unlock { lock });
    }
}
