//! One resource on its way through the build: the object, the ids it had, the prefixes and
//! suffixes it got, and what its generator asked for.

use super::resource_id::{PreviousId, ResourceId, name_of, namespace_of, scalar_text};
use crate::model::Origin;
use crate::yaml::read::Dialect;
use crate::yaml::resolve::{Scalar, resolve};
use crate::yaml::{Mapping, Node, Position, Spelling, Text, Value};

/// Annotations that kustomize uses during a build and takes away at its end, from user input
/// too.
const BUILD_ANNOTATIONS: [&str; 19] = [
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    "internal.config.kubernetes.io/helm-generated",
];

/// Annotations that are only kept when `buildMetadata` asks for them.
const METADATA_ANNOTATIONS: [&str; 2] =
    ["config.kubernetes.io/origin", "alpha.config.kubernetes.io/transformations"];

/// What a generator does when a resource with its id is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Behavior {
    /// That is an error.
    #[default]
    Create,
    /// Take the metadata of both, and the data of the generator.
    Replace,
    /// Take metadata and data of both; the generator wins.
    Merge,
}

/// One resource on its way through the build.
#[derive(Clone, Debug, Default)]
pub(super) struct Resource {
    /// The object as it is now; `null` once a patch has deleted it.
    pub(super) node: Node,
    /// The ids it had, oldest first.
    pub(super) previous: Vec<PreviousId>,
    /// The prefixes its name got, innermost first.
    pub(super) prefixes: Vec<Text>,
    /// The suffixes its name got, innermost first.
    pub(super) suffixes: Vec<Text>,
    /// Whether a hash of its content goes behind its name.
    pub(super) needs_hash: bool,
    /// What to do when its id is there already.
    pub(super) behavior: Behavior,
    /// Where it was written.
    pub(super) origin: Origin,
}

impl Resource {
    /// A resource that was read from a file.
    pub(super) fn new(node: Node, origin: Origin) -> Self {
        Self { node, origin, ..Self::default() }
    }

    /// The id it has now.
    pub(super) fn id(&self) -> ResourceId {
        ResourceId::of(&self.node)
    }

    /// The name it has now.
    pub(super) fn name(&self) -> Text {
        name_of(&self.node)
    }

    /// The namespace it has now, `""` for none.
    pub(super) fn namespace(&self) -> Text {
        namespace_of(&self.node)
    }

    /// The id it had first.
    pub(super) fn original_id(&self) -> ResourceId {
        let id = self.id();
        match self.previous.first() {
            Some(previous) => id.before(previous),
            None => id,
        }
    }

    /// Every id it had, oldest first, and the one it has now.
    pub(super) fn all_ids(&self) -> impl Iterator<Item = ResourceId> + '_ {
        let id = self.id();
        let before: Vec<_> = self.previous.iter().map(|previous| id.before(previous)).collect();
        before.into_iter().chain(std::iter::once(id))
    }

    /// Notes the present id, before it is changed.
    pub(super) fn store_previous_id(&mut self) {
        let ResourceId { gvk, name, effective_namespace } = self.id();
        self.previous.push(PreviousId { kind: gvk.kind, name, effective_namespace });
    }

    /// Loses what Kustomize keeps in annotations: a patch has taken them all away.
    pub(super) fn forget_history(&mut self) {
        let (node, origin) = (std::mem::take(&mut self.node), std::mem::take(&mut self.origin));
        *self = Self::new(node, origin);
    }

    /// Whether nothing is left of it.
    pub(super) fn is_empty(&self) -> bool {
        match &self.node.value {
            Value::Null => true,
            Value::Mapping(mapping) => mapping.is_empty(),
            Value::Sequence(items) => items.is_empty(),
            _ => false,
        }
    }

    /// Gives it another name.
    pub(super) fn set_name(&mut self, name: &str) {
        set_field_text(self.node.mapping_at(&["metadata"]), "name", name);
    }

    /// Gives it a namespace; `""` takes it away.
    pub(super) fn set_namespace(&mut self, namespace: &str) {
        if namespace.is_empty() {
            self.node.remove(&["metadata", "namespace"]);
        } else {
            set_field_text(self.node.mapping_at(&["metadata"]), "namespace", namespace);
        }
    }

    /// Kind and name, for messages.
    pub(super) fn describe(&self) -> String {
        self.id().to_string()
    }

    /// Whether `config.kubernetes.io/local-config` keeps it out of the output: any value but
    /// `false`.
    pub(super) fn is_local_config(&self) -> bool {
        let path = ["metadata", "annotations", "config.kubernetes.io/local-config"];
        self.node.path(&path).is_some_and(|value| &*scalar_text(value) != "false")
    }

    /// Takes the build's own annotations away and makes the rest strings, as kustomize does when
    /// it writes them back; an annotations map without entries goes.
    pub(super) fn clean_up_annotations(&mut self) {
        let metadata = self.node.mapping_at(&["metadata"]);
        let Some(annotations) = metadata.remove("annotations") else { return };
        let kept = string_entries(&annotations)
            .filter(|(key, _)| {
                !BUILD_ANNOTATIONS.contains(&&**key) && !METADATA_ANNOTATIONS.contains(&&**key)
            })
            .map(|(key, value)| (key, value.into()));
        let kept: Mapping = kept.collect();
        if !kept.is_empty() {
            metadata.push("annotations".into(), kept.into());
        }
    }
}

/// The entries of labels or annotations with their values as they were written, an explicit
/// null as `null`; nothing when it is no map.
pub(super) fn string_entries(node: &Node) -> impl Iterator<Item = (Text, Text)> + '_ {
    let entries = node.as_mapping().into_iter().flat_map(Mapping::iter);
    entries.map(|(key, value)| {
        let is_written_null = value.is_null() && value.position.spelling() != Spelling::Blank;
        (key.clone(), if is_written_null { "null".into() } else { scalar_text(value) })
    })
}

/// Writes `text` into a scalar the way kustomize does where it does not fix the type: a quoted
/// scalar stays a string, a plain one is what the text reads as.
pub(super) fn set_scalar_text(node: &mut Node, text: &str) {
    let scalar = match node.position.spelling() {
        Spelling::Quoted => Scalar::String,
        _ => resolve(text, Dialect::GoYamlV3),
    };
    node.value = match scalar {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Number(number) => Value::Number(number),
        _ => Value::String(text.into()),
    };
}

/// Writes `text` into a field as [`set_scalar_text`] does; a field that was missing is quoted
/// when it would not read as a string in YAML 1.1.
pub(super) fn set_field_text(mapping: &mut Mapping, key: &str, text: &str) {
    if let Some(field) = mapping.get_mut(key) {
        return set_scalar_text(field, text);
    }
    let is_string = matches!(resolve(text, Dialect::GoYamlV2), Scalar::String);
    let spelling = if is_string { Spelling::Plain } else { Spelling::Quoted };
    let position = Position::default().spelled(spelling);
    mapping.push(key.into(), Node::from(text).at(position));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(json: &str) -> Resource {
        Resource::new(serde_json::from_str(json).unwrap(), Origin::default())
    }

    #[test]
    fn previous_ids_are_kept_oldest_first() {
        let mut resource =
            resource(r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}}"#);
        resource.store_previous_id();
        resource.set_name("dev-web");
        resource.store_previous_id();
        resource.set_namespace("dev");
        assert_eq!(&*resource.original_id().name, "web");
        let names: Vec<_> = resource.all_ids().map(|id| id.name.to_string()).collect();
        assert_eq!(names, ["web", "dev-web", "dev-web"]);
    }

    #[test]
    fn annotations_become_strings_and_build_annotations_go() {
        let mut some = resource(
            r#"{"metadata":{"annotations":{"a":1,"internal.config.kubernetes.io/prefixes":"x"}}}"#,
        );
        some.clean_up_annotations();
        assert_eq!(some.node, resource(r#"{"metadata":{"annotations":{"a":"1"}}}"#).node);
        let mut none = resource(r#"{"metadata":{"name":"a","annotations":{}}}"#);
        none.clean_up_annotations();
        assert_eq!(none.node, resource(r#"{"metadata":{"name":"a"}}"#).node);
    }

    #[test]
    fn a_plain_scalar_is_what_its_text_reads_as() {
        let check = |spelling: Spelling, text: &str, after: &str| {
            let mut node = Node::from("x");
            node.position = node.position.spelled(spelling);
            set_scalar_text(&mut node, text);
            assert_eq!(serde_json::to_string(&node).unwrap(), after, "{text}");
        };
        check(Spelling::Plain, "dev-web", r#""dev-web""#);
        check(Spelling::Plain, "1123", "1123");
        check(Spelling::Quoted, "1123", r#""1123""#);
        check(Spelling::Plain, "true", "true");
    }
}
