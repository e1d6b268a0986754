//! What the engine says while it works. The command line shows events as lines or bars; the
//! engine itself prints nothing.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::status::ResourceStatus;
use crate::model::{OperationPhase, ResourceResult};
use crate::plan::HeldBack;

/// Takes events as they happen.
pub type Sink<'a> = &'a (dyn Fn(Event) + Send + Sync);

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Something the user should know that is no error.
    Warning(String),
    /// Something about how the work is done.
    Note(String),
    /// The objects as they are compared now, all of them.
    Resources(Vec<ResourceStatus>),
    /// What the last operation did to its objects; said before the first `Resources`.
    Earlier(Vec<ResourceResult>),
    /// What became of one object in the operation.
    Result(ResourceResult),
    /// Where the operation stands.
    Operation {
        /// Phase.
        phase: OperationPhase,
        /// Message.
        message: String,
    },
    /// How many of the operation's tasks are done.
    Progress {
        /// Done.
        done: usize,
        /// All.
        total: usize,
    },
    /// Objects the prune guard holds back.
    HeldBack(Vec<HeldBack>),
    /// The operation failed and is tried again.
    Retry {
        /// Which try comes next, from 1.
        attempt: i64,
        /// After how long.
        wait: Duration,
    },
    /// Somebody else holds the lock; it is waited for.
    LockWaiting {
        /// Who.
        holder: String,
        /// Since when.
        since: Option<Timestamp>,
    },
}
