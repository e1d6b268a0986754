//! Plain data shown by the renderers: what `app get`, `app list` and their kin print.

pub mod application;
pub mod history;
pub mod list;
pub mod project;
pub mod resources;
