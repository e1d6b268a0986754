//! Target beside live: differences as data.

pub mod comparison;

pub use comparison::{
    Comparison, Difference, LiveState, ResourceComparison, TargetObject, TargetState,
};
