//! The use cases: async, over ports only; they print nothing.
//!
//! `get`, `diff`, `sync`, `wait` and `delete` share one road: [`refresh`] (what Git wants) →
//! [`live`] (what is there) → [`compare`] (the verdict). What happens is said through
//! [`event::Event`].

pub mod changes;
pub mod compare;
pub mod controller_probe;
pub mod delete;
pub mod error;
pub mod event;
pub mod interrupt;
pub mod inventory;
pub mod live;
pub mod lock;
pub mod refresh;
pub mod session;
pub mod status;
pub mod sync;
pub mod wait;

pub use compare::{
    ApplicationComparison, CompareOptions, Refresh, TargetFailure, compare_application,
};
pub use error::{EngineError, EngineErrorKind};
pub use event::{Event, Sink};
pub use interrupt::{Interrupt, Interrupter, interrupt};
pub use live::Scan;
pub use lock::LockMode;
pub use refresh::LocalTree;
pub use session::Session;
