//! Files on the disk of one replica.

use super::declared::{look_for, several};
use super::{Evidence, Finding, declare_lint};
use crate::plan::Files;

declare_lint! {
    /// What it is: a service with several replicas declares `files: local_disk`.
    ///
    /// Why it is bad: a file is only there for requests that reach the same replica, and is gone with it.
    ///
    /// How it is judged: by what the model declares.
    ///
    /// What is close to it: `files: object_storage`; a single replica.
    STATIC "local-files", look
}

fn look(evidence: &Evidence) -> Vec<Finding> {
    look_for(
        evidence,
        LINT.code,
        "keeps files on the disks of its replicas",
        "Keep files in object storage.",
        |id, d| d.files == Some(Files::Local) && several(evidence, id),
    )
}
