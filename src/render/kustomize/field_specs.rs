//! Which fields of which kinds the transformers change: the tables built into kustomize v5.8.2.
//! Name references have a table of their own, see [`super::name_reference_table`].

use super::field_path::{self, Missing};
use super::kustomization::LabelField;
use super::resource_id::{GroupVersionKind, GvkSelector};
use crate::yaml::Node;

/// A field of the kinds that a selector matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldSpec<'a> {
    pub(super) selector: GvkSelector<'a>,
    pub(super) path: &'a str,
    /// Whether the field is made where it is missing.
    pub(super) create: bool,
}

/// A [`FieldSpec`] with its path taken apart, to be used on many resources.
#[derive(Clone, Debug)]
pub(super) struct PreparedSpec<'a> {
    pub(super) selector: GvkSelector<'a>,
    create: bool,
    segments: Vec<String>,
}

impl<'a> FieldSpec<'a> {
    /// Takes the path apart.
    pub(super) fn prepare(self) -> PreparedSpec<'a> {
        PreparedSpec {
            selector: self.selector,
            create: self.create,
            segments: field_path::split(self.path),
        }
    }

    /// Whether this says what `other` says: the same path, and a kind that `other` selects.
    fn covers(&self, other: &FieldSpec<'_>) -> bool {
        let GvkSelector { group, version, kind } = self.selector;
        self.path == other.path && other.selector.matches(group, version, kind)
    }
}

impl<'a> From<&'a LabelField> for FieldSpec<'a> {
    fn from(field: &'a LabelField) -> Self {
        let LabelField { group, version, kind, path, create } = field;
        Self { selector: GvkSelector { group, version, kind }, path, create: *create }
    }
}

impl PreparedSpec<'_> {
    /// Calls `set` on the field's nodes in an object of `gvk`. `leaf` says what to make of the
    /// field itself where it is missing and may be made.
    pub(super) fn visit(
        &self,
        gvk: &GroupVersionKind,
        node: &mut Node,
        leaf: Missing,
        set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
    ) -> Result<(), String> {
        if !gvk.is_selected(&self.selector) {
            return Ok(());
        }
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        let missing = if self.create { leaf } else { Missing::Skip };
        field_path::visit(node, &segments, missing, set)
            .map_err(|message| format!("field `{}`: {message}", self.segments.join("/")))
    }
}

/// Adds `more` to `specs` where they say something new; two that differ only in whether the
/// field is made are an error.
pub(super) fn merge<'a>(
    specs: &mut Vec<FieldSpec<'a>>,
    more: impl IntoIterator<Item = FieldSpec<'a>>,
) -> Result<(), String> {
    for spec in more {
        match specs.iter().find(|known| known.covers(&spec)) {
            None => specs.push(spec),
            Some(known) if known.create == spec.create => {}
            Some(_) => {
                return Err(format!(
                    "conflicting `create` for field `{}`; Kustomize has {} built in",
                    spec.path, spec.create
                ));
            }
        }
    }
    Ok(())
}

const fn spec(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    path: &'static str,
) -> FieldSpec<'static> {
    FieldSpec { selector: GvkSelector { group, version, kind }, path, create: true }
}

const fn existing(
    group: &'static str,
    kind: &'static str,
    path: &'static str,
) -> FieldSpec<'static> {
    FieldSpec { selector: GvkSelector { group, version: "", kind }, path, create: false }
}

/// `metadata/labels` of everything.
pub(super) const METADATA_LABELS: FieldSpec<'static> = spec("", "", "", "metadata/labels");

/// Where `commonAnnotations` go.
pub(super) const ANNOTATIONS: [FieldSpec<'static>; 9] = [
    spec("", "", "", "metadata/annotations"),
    spec("", "v1", "ReplicationController", "spec/template/metadata/annotations"),
    spec("", "", "Deployment", "spec/template/metadata/annotations"),
    spec("", "", "ReplicaSet", "spec/template/metadata/annotations"),
    spec("", "", "DaemonSet", "spec/template/metadata/annotations"),
    spec("", "", "StatefulSet", "spec/template/metadata/annotations"),
    spec("batch", "", "Job", "spec/template/metadata/annotations"),
    spec("batch", "", "CronJob", "spec/jobTemplate/metadata/annotations"),
    spec("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/annotations"),
];

/// Where labels go that are also wanted in templates.
pub(super) const TEMPLATE_LABELS: [FieldSpec<'static>; 9] = [
    METADATA_LABELS,
    spec("", "v1", "ReplicationController", "spec/template/metadata/labels"),
    spec("", "", "Deployment", "spec/template/metadata/labels"),
    spec("", "", "ReplicaSet", "spec/template/metadata/labels"),
    spec("", "", "DaemonSet", "spec/template/metadata/labels"),
    spec("apps", "", "StatefulSet", "spec/template/metadata/labels"),
    spec("batch", "", "Job", "spec/template/metadata/labels"),
    spec("batch", "", "CronJob", "spec/jobTemplate/metadata/labels"),
    spec("batch", "", "CronJob", "spec/jobTemplate/spec/template/metadata/labels"),
];

/// Where labels go that are also wanted in volume claim templates.
pub(super) const VOLUME_CLAIM_TEMPLATE_LABELS: [FieldSpec<'static>; 1] =
    [spec("apps", "", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels")];

/// Where labels go that are also wanted in selectors, beside templates and claim templates.
const SELECTOR_LABELS: [FieldSpec<'static>; 12] = [
    spec("", "v1", "Service", "spec/selector"),
    spec("", "v1", "ReplicationController", "spec/selector"),
    spec("", "", "Deployment", "spec/selector/matchLabels"),
    spec("", "", "ReplicaSet", "spec/selector/matchLabels"),
    spec("", "", "DaemonSet", "spec/selector/matchLabels"),
    spec("apps", "", "StatefulSet", "spec/selector/matchLabels"),
    existing("batch", "Job", "spec/selector/matchLabels"),
    existing("batch", "CronJob", "spec/jobTemplate/spec/selector/matchLabels"),
    existing("policy", "PodDisruptionBudget", "spec/selector/matchLabels"),
    existing("networking.k8s.io", "NetworkPolicy", "spec/podSelector/matchLabels"),
    existing("networking.k8s.io", "NetworkPolicy", "spec/ingress/from/podSelector/matchLabels"),
    existing("networking.k8s.io", "NetworkPolicy", "spec/egress/to/podSelector/matchLabels"),
];

/// Selectors inside the pod templates of Deployments and StatefulSets.
const SCHEDULING_SELECTORS: [&str; 5] = [
    "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
    "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
    "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
];

/// Where `commonLabels` go, and `labels` with `includeSelectors`.
pub(super) fn common_labels() -> Vec<FieldSpec<'static>> {
    let scheduling = ["Deployment", "StatefulSet"].into_iter().flat_map(|kind| {
        SCHEDULING_SELECTORS.into_iter().map(move |path| existing("apps", kind, path))
    });
    let mut specs = SELECTOR_LABELS.to_vec();
    specs.extend(scheduling);
    specs.extend(TEMPLATE_LABELS);
    specs.extend(VOLUME_CLAIM_TEMPLATE_LABELS);
    specs
}

/// Where images are, beside the lists called `containers` and `initContainers` anywhere.
pub(super) const IMAGES: [FieldSpec<'static>; 7] = [
    existing("", "", "spec/containers[]/image"),
    existing("", "", "spec/initContainers[]/image"),
    existing("", "", "spec/volumes[]/image/reference"),
    existing("", "", "spec/template/spec/containers[]/image"),
    existing("", "", "spec/template/spec/initContainers[]/image"),
    existing("", "", "spec/template/spec/volumes[]/image/reference"),
    existing("", "", "spec/jobTemplate/spec/template/spec/volumes[]/image/reference"),
];

/// Where replica counts are.
pub(super) const REPLICAS: [FieldSpec<'static>; 4] = [
    spec("", "", "Deployment", "spec/replicas"),
    spec("", "", "StatefulSet", "spec/replicas"),
    spec("", "", "ReplicaSet", "spec/replicas"),
    spec("", "", "ReplicationController", "spec/replicas"),
];

/// Where the namespace goes beside `metadata/namespace`. The name of a Namespace is set for
/// apiVersion `v1` only, which the blank group and the version say together with the caller.
pub(super) const NAMESPACE: [FieldSpec<'static>; 2] = [
    spec("apiregistration.k8s.io", "", "APIService", "spec/service/namespace"),
    existing(
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "spec/conversion/webhook/clientConfig/service/namespace",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_that_is_known_is_not_added_again() {
        let mut specs = vec![METADATA_LABELS];
        merge(&mut specs, TEMPLATE_LABELS).unwrap();
        assert_eq!(specs.len(), TEMPLATE_LABELS.len());
    }

    #[test]
    fn create_and_not_create_conflict() {
        let mut specs = vec![existing("", "Deployment", "metadata/labels")];
        assert!(merge(&mut specs, [METADATA_LABELS]).is_err());
    }
}
