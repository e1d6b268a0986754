//! Nouns in Argo CD's words; data only. Field for field as Argo CD 3.5's API has them.

pub mod api_catalog;
pub mod application;
pub mod image;
pub mod inventory;
pub mod manifest;
pub mod object;
pub mod operation;
pub mod project;
pub mod repository;
pub mod resource_key;
pub mod settings;
pub mod source;
pub mod status;
pub mod sync_policy;
pub mod tracking;

pub use api_catalog::{ApiCatalog, ApiResource, Scope};
pub use application::{Application, ApplicationDestination, ApplicationName, ApplicationSpec};
pub use image::ImageReference;
pub use inventory::InventoryEntry;
pub use manifest::{Manifest, Origin};
pub use operation::{
    Operation, OperationPhase, OperationState, ResourceResult, ResultCode, SyncOperation,
};
pub use project::AppProject;
pub use resource_key::{GroupKind, ResourceKey};
pub use settings::Settings;
pub use source::ApplicationSource;
pub use status::{ApplicationStatus, Condition, HealthStatus, HealthStatusCode, SyncStatusCode};
pub use sync_policy::SyncPolicy;
