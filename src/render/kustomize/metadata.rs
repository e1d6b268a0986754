//! The transformers of metadata: namespace, name prefix and suffix, labels and annotations, as
//! kustomize v5.8.2 applies them, fields made where its tables say so.

use std::collections::BTreeMap;

use super::field_path::Missing;
use super::field_specs::{self, FieldSpec, PreparedSpec};
use super::kustomization::Label;
use super::resource::{Resource, set_scalar_text};
use super::resource_id::{GroupVersionKind, scalar_text};
use super::resource_map::ResourceMap;
use crate::yaml::{Node, Value};

/// What went wrong with which resource.
pub(super) type ResourceError = (Box<Resource>, String);

/// Puts every namespaced resource into `namespace`, and whatever else names it.
pub(super) fn set_namespace(map: &mut ResourceMap, namespace: &str) -> Result<(), ResourceError> {
    let specs: Vec<_> = field_specs::NAMESPACE.into_iter().map(FieldSpec::prepare).collect();
    let namespace = Node::from(namespace);
    for resource in map.as_mut_slice() {
        resource.store_previous_id();
        set_namespace_of(&mut resource.node, &namespace, &specs)
            .map_err(|message| (Box::new(resource.clone()), message))?;
    }
    Ok(())
}

fn set_namespace_of(
    node: &mut Node,
    namespace: &Node,
    specs: &[PreparedSpec<'_>],
) -> Result<(), String> {
    let gvk = GroupVersionKind::of(node);
    if !gvk.is_cluster_scoped() {
        set_scalar(node.mapping_at(&["metadata"]).entry("namespace"), namespace)?;
    }
    if matches!(&*gvk.kind, "RoleBinding" | "ClusterRoleBinding") {
        set_default_subjects(node, namespace)?;
    }
    if gvk.group.is_empty() && &*gvk.version == "v1" && &*gvk.kind == "Namespace" {
        set_scalar(node.mapping_at(&["metadata"]).entry("name"), namespace)?;
    }
    specs.iter().try_for_each(|spec| {
        spec.visit(&gvk, node, Missing::CreateScalar, &mut |field| set_scalar(field, namespace))
    })
}

/// Only subjects that are called `default` get the namespace, whatever their kind.
fn set_default_subjects(node: &mut Node, namespace: &Node) -> Result<(), String> {
    let Some(subjects) = node.get_mut("subjects").filter(|subjects| !subjects.is_null()) else {
        return Ok(());
    };
    let Some(subjects) = subjects.as_sequence_mut() else {
        return Err("`subjects` must be a list".to_owned());
    };
    for subject in subjects {
        if subject.get("name").is_some_and(|name| &*scalar_text(name) == "default") {
            set_scalar(subject.mapping_at(&[]).entry("namespace"), namespace)?;
        }
    }
    Ok(())
}

fn set_scalar(field: &mut Node, value: &Node) -> Result<(), String> {
    if matches!(field.value, Value::Mapping(_) | Value::Sequence(_)) {
        return Err("a namespace or name must be a string".to_owned());
    }
    field.value = value.value.clone();
    Ok(())
}

/// Which end of a name is added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameEnd {
    /// `namePrefix`.
    Prefix,
    /// `nameSuffix`.
    Suffix,
}

/// Adds to every name, except those of Namespaces, CustomResourceDefinitions and APIServices.
pub(super) fn add_to_names(map: &mut ResourceMap, end: NameEnd, addition: &str) {
    for resource in map.as_mut_slice() {
        let id = resource.original_id();
        let keeps_name = match &*id.gvk.kind {
            "CustomResourceDefinition" | "Namespace" => true,
            "APIService" => &*id.gvk.group == "apiregistration.k8s.io",
            _ => false,
        };
        if keeps_name {
            continue;
        }
        // The history is a comma-separated text in Kustomize.
        let parts = addition.split(',').map(Into::into);
        match end {
            NameEnd::Prefix => resource.prefixes.extend(parts),
            NameEnd::Suffix => resource.suffixes.extend(parts),
        }
        resource.store_previous_id();
        let Some(name) = resource.node.path_mut(&["metadata", "name"]) else { continue };
        let old = scalar_text(name);
        let new = match end {
            NameEnd::Prefix => format!("{addition}{old}"),
            NameEnd::Suffix => format!("{old}{addition}"),
        };
        set_scalar_text(name, &new);
    }
}

/// One entry of `labels`.
pub(super) fn add_labels(map: &mut ResourceMap, label: &Label) -> Result<(), LabelError> {
    let mut specs: Vec<FieldSpec<'_>> = label.fields.iter().map(FieldSpec::from).collect();
    let common = field_specs::common_labels();
    let merged = if label.include_selectors {
        field_specs::merge(&mut specs, common)
    } else {
        let templates = field_specs::TEMPLATE_LABELS;
        let claims = field_specs::VOLUME_CLAIM_TEMPLATE_LABELS;
        let wanted = templates.into_iter().filter(|_| label.include_templates);
        let claimed = claims.into_iter().filter(|_| label.include_volume_claim_templates);
        let all = wanted.chain(claimed).chain([field_specs::METADATA_LABELS]);
        field_specs::merge(&mut specs, all)
    };
    merged.map_err(LabelError::Fields)?;
    add_entries(map, &label.pairs, &specs).map_err(LabelError::Resource)
}

/// Why labels could not be added.
#[derive(Debug)]
pub(super) enum LabelError {
    /// The entry's own fields contradict the built-in ones.
    Fields(String),
    /// A resource has something else where labels belong.
    Resource(ResourceError),
}

/// `commonLabels`: metadata, selectors and templates.
pub(super) fn add_common_labels(
    map: &mut ResourceMap,
    labels: &BTreeMap<String, String>,
) -> Result<(), ResourceError> {
    add_entries(map, labels, &field_specs::common_labels())
}

/// `commonAnnotations`: metadata and templates.
pub(super) fn add_annotations(
    map: &mut ResourceMap,
    annotations: &BTreeMap<String, String>,
) -> Result<(), ResourceError> {
    add_entries(map, annotations, &field_specs::ANNOTATIONS)
}

fn add_entries(
    map: &mut ResourceMap,
    entries: &BTreeMap<String, String>,
    specs: &[FieldSpec<'_>],
) -> Result<(), ResourceError> {
    if entries.is_empty() {
        return Ok(());
    }
    let specs: Vec<_> = specs.iter().copied().map(FieldSpec::prepare).collect();
    let entries: Vec<(&str, Node)> =
        entries.iter().map(|(key, value)| (key.as_str(), value.as_str().into())).collect();
    for resource in map.as_mut_slice() {
        let gvk = GroupVersionKind::of(&resource.node);
        let mut set = |field: &mut Node| insert_entries(field, &entries);
        let done = specs.iter().try_for_each(|spec| {
            spec.visit(&gvk, &mut resource.node, Missing::CreateMapping, &mut set)
        });
        done.map_err(|message| (Box::new(resource.clone()), message))?;
    }
    Ok(())
}

fn insert_entries(field: &mut Node, entries: &[(&str, Node)]) -> Result<(), String> {
    match &mut field.value {
        // A null that must not be replaced stays one.
        Value::Null => Ok(()),
        Value::Mapping(mapping) => {
            for (key, value) in entries {
                mapping.entry(key).value = value.value.clone();
            }
            Ok(())
        }
        _ => Err("must be a map".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    fn map(json: &str) -> ResourceMap {
        let mut map = ResourceMap::default();
        let node = serde_json::from_str(json).unwrap();
        map.append(Resource::new(node, Origin::default())).unwrap();
        map
    }

    fn check(map: &ResourceMap, expected: &str) {
        let expected: Node = serde_json::from_str(expected).unwrap();
        assert_eq!(map.as_slice()[0].node, expected);
    }

    #[test]
    fn a_namespace_is_overwritten_and_cluster_scoped_kinds_get_none() {
        let mut secret =
            map(r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"old"}}"#);
        set_namespace(&mut secret, "new").unwrap();
        check(
            &secret,
            r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"new"}}"#,
        );
        let node = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"a"}}"#;
        let mut cluster_scoped = map(node);
        set_namespace(&mut cluster_scoped, "new").unwrap();
        check(&cluster_scoped, node);
    }

    #[test]
    fn only_subjects_called_default_get_the_namespace() {
        let binding = |subjects: &str, namespace: &str| {
            format!(
                r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding",
                "metadata":{{"name":"a"{namespace}}},"subjects":[{subjects}]}}"#
            )
        };
        let mut map = map(&binding(r#"{"kind":"User","name":"default"},{"name":"b"}"#, ""));
        set_namespace(&mut map, "n").unwrap();
        let subjects = r#"{"kind":"User","name":"default","namespace":"n"},{"name":"b"}"#;
        check(&map, &binding(subjects, r#","namespace":"n""#));
    }

    #[test]
    fn names_of_namespaces_keep_their_ends() {
        let mut renamed = map(r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}"#);
        add_to_names(&mut renamed, NameEnd::Prefix, "x-");
        add_to_names(&mut renamed, NameEnd::Suffix, "-y");
        assert_eq!(&*renamed.as_slice()[0].name(), "x-a-y");
        let mut kept = map(r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}"#);
        add_to_names(&mut kept, NameEnd::Prefix, "x-");
        assert_eq!(&*kept.as_slice()[0].name(), "a");
    }

    #[test]
    fn labels_go_to_metadata_only_unless_more_is_asked_for() {
        let service = r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}"#;
        let label = |include_selectors| Label {
            pairs: [("k".to_owned(), "v".to_owned())].into(),
            include_selectors,
            ..Label::default()
        };
        let mut plain = map(&format!("{service}}}"));
        add_labels(&mut plain, &label(false)).unwrap();
        let labelled = service.replace(r#""a""#, r#""a","labels":{"k":"v"}"#);
        check(&plain, &format!("{labelled}}}"));
        let mut selecting = map(&format!("{service}}}"));
        add_labels(&mut selecting, &label(true)).unwrap();
        check(&selecting, &format!(r#"{labelled},"spec":{{"selector":{{"k":"v"}}}}}}"#));
    }
}
