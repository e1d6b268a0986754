//! Target beside live: differences as data.
//!
//! [`target::build`] turns manifests into what Git wants, [`pair::compare`] judges it beside what
//! is there, [`apply`] says what to send, [`unified`] shows it. Matches Argo CD 3.5 with
//! client-side differences; the server is asked nothing.

pub mod apply;
pub mod comparison;
mod defaults;
pub mod exclusions;
pub mod hooks;
mod ignore;
pub mod mask;
mod merge_keys;
mod normalize;
mod owned_fields;
pub mod pair;
mod patch;
mod quantity;
mod schema;
pub mod target;
mod three_way;
pub mod unified;

pub use apply::{
    ApplyAction, ApplyError, ApplyOutcome, PatchKind, client_side_apply, kubectl_message,
};
pub use comparison::{
    Comparison, Difference, LiveState, ResourceComparison, TargetObject, TargetState,
};
pub use pair::{CompareContext, compare};
pub use target::TargetContext;
pub use unified::unified_diff;

#[cfg(test)]
mod kind_tests;
