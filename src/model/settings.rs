//! Argo CD's settings (`argocd-cm`) that change how tiphys compares and tracks.

use super::tracking::TrackingMethod;

/// The settings in force; a cluster without Argo CD has the defaults of Argo CD 3.5.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Argo CD's own namespace.
    pub argocd_namespace: String,
    /// How ownership is marked on objects.
    pub tracking_method: TrackingMethod,
    /// The label key used by label tracking.
    pub instance_label_key: String,
    /// Tells installations apart that manage the same cluster; empty when not used.
    pub installation_id: String,
    /// Base URL of the Argo CD UI, empty when unknown.
    pub url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            argocd_namespace: "argocd".to_owned(),
            tracking_method: TrackingMethod::default(),
            instance_label_key: "app.kubernetes.io/instance".to_owned(),
            installation_id: String::new(),
            url: String::new(),
        }
    }
}
