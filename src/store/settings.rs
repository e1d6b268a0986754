//! `argocd-cm` as [`Settings`]: the keys that change how tiphys compares and tracks.

use crate::model::Settings;
use crate::model::tracking::TrackingMethod;
use crate::yaml::Node;

/// The settings of a ConfigMap; what it lacks has Argo CD 3.5's default.
pub(super) fn from_configuration(configuration: &Node, argocd_namespace: &str) -> Settings {
    let default = Settings::default();
    let value = |key: &str| configuration.str_at(&["data", key]).trim();
    let label_key = value("application.instanceLabelKey");
    Settings {
        argocd_namespace: argocd_namespace.to_owned(),
        tracking_method: tracking_method(value("application.resourceTrackingMethod")),
        instance_label_key: match label_key {
            "" => default.instance_label_key,
            given => given.to_owned(),
        },
        installation_id: value("installationID").to_owned(),
        url: value("url").trim_end_matches('/').to_owned(),
    }
}

/// Defaults for an Argo CD namespace without `argocd-cm`.
pub(super) fn defaults(argocd_namespace: &str) -> Settings {
    Settings { argocd_namespace: argocd_namespace.to_owned(), ..Settings::default() }
}

fn tracking_method(word: &str) -> TrackingMethod {
    match word {
        "" | "annotation" => TrackingMethod::Annotation,
        "annotation+label" => TrackingMethod::AnnotationAndLabel,
        "label" => TrackingMethod::Label,
        other => {
            tracing::warn!(method = other, "argocd-cm names an unknown tracking method");
            TrackingMethod::Annotation
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_set_win_over_defaults() {
        let configuration: Node = serde_json::from_value(serde_json::json!({"data": {
            "application.resourceTrackingMethod": "annotation+label",
            "url": "https://argocd.example/",
            "installationID": "one",
        }}))
        .unwrap();
        let settings = from_configuration(&configuration, "gitops");
        assert_eq!(settings.argocd_namespace, "gitops");
        assert_eq!(settings.tracking_method, TrackingMethod::AnnotationAndLabel);
        assert_eq!(settings.instance_label_key, "app.kubernetes.io/instance");
        assert_eq!(settings.installation_id, "one");
        assert_eq!(settings.url, "https://argocd.example");
    }
}
