//! How ownership of an object is marked: Argo CD's tracking methods.
//!
//! Matches Argo CD 3.5: the tracking id, the label, the installation id, and the rule that an id
//! which describes another object (copied by a controller, say) marks nothing.

use std::fmt;

use super::settings::Settings;
use crate::yaml::Node;

/// Annotation that holds the tracking id.
pub const TRACKING_ID_ANNOTATION: &str = "argocd.argoproj.io/tracking-id";
/// Annotation that holds the installation id.
pub const INSTALLATION_ID_ANNOTATION: &str = "argocd.argoproj.io/installation-id";

/// The longest value Kubernetes takes for a label.
const LABEL_LENGTH_MAX: usize = 63;

/// `application.resourceTrackingMethod`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrackingMethod {
    /// The annotation alone (default since Argo CD 3.0).
    #[default]
    Annotation,
    /// Both are written, the annotation decides.
    AnnotationAndLabel,
    /// The label alone.
    Label,
}

/// What the tracking annotation says: the owner, and the object it was written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingId {
    /// Instance name of the Application.
    pub instance: String,
    /// API group, `""` for core.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; the destination namespace for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// Whose object a live object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The Application's own.
    Ours,
    /// Another Application's, by instance name.
    OtherApplication(String),
    /// Nobody's: not tracked, tracked by another installation, or marked by a copied id.
    None,
}

impl TrackingId {
    /// The id of `object` as part of `instance`. Cluster-scoped objects carry the destination
    /// namespace.
    pub fn new(object: &Node, instance: &str, destination_namespace: &str) -> Self {
        let namespace = match object.namespace() {
            "" => destination_namespace,
            namespace => namespace,
        };
        Self {
            instance: instance.to_owned(),
            group: object.group().to_owned(),
            kind: object.kind().to_owned(),
            namespace: namespace.to_owned(),
            name: object.name().to_owned(),
        }
    }

    /// Reads `<instance>:<group>/<Kind>:<namespace>/<name>`; `None` when the text is no such id.
    pub fn parse(text: &str) -> Option<Self> {
        let (instance, rest) = text.split_once(':')?;
        let (group_kind, namespace_name) = rest.split_once(':')?;
        let (group, kind) = group_kind.split_once('/')?;
        let (namespace, name) = namespace_name.split_once('/')?;
        Some(Self {
            instance: instance.to_owned(),
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Whether the id was written for `object`. Namespaces of cluster-scoped objects do not count.
    pub fn describes(&self, object: &Node) -> bool {
        let namespace = object.namespace();
        self.group == object.group()
            && self.kind == object.kind()
            && self.name == object.name()
            && (namespace.is_empty() || self.namespace == namespace)
    }
}

impl fmt::Display for TrackingId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instance, group, kind, namespace, name } = self;
        write!(formatter, "{instance}:{group}/{kind}:{namespace}/{name}")
    }
}

/// Marks a target as part of `instance`. CustomResourceDefinitions are never marked.
pub fn set_tracking(
    target: &mut Node,
    instance: &str,
    destination_namespace: &str,
    settings: &Settings,
) {
    if is_crd(target) {
        return;
    }
    if settings.tracking_method != TrackingMethod::Label {
        let id = TrackingId::new(target, instance, destination_namespace).to_string();
        target.set_annotation(TRACKING_ID_ANNOTATION, &id);
        if !settings.installation_id.is_empty() {
            target.set_annotation(INSTALLATION_ID_ANNOTATION, &settings.installation_id);
        }
    }
    match settings.tracking_method {
        TrackingMethod::Annotation => {}
        TrackingMethod::AnnotationAndLabel => {
            let end = instance.floor_char_boundary(LABEL_LENGTH_MAX);
            let value = instance[..end].trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
            target.set_label(&settings.instance_label_key, value);
        }
        TrackingMethod::Label => target.set_label(&settings.instance_label_key, instance),
    }
}

/// Whose object `live` is, as far as its metadata tells.
pub fn is_tracked_by(live: &Node, instance: &str, settings: &Settings) -> Ownership {
    let owner = match settings.tracking_method {
        TrackingMethod::Label => live.label(&settings.instance_label_key).map(str::to_owned),
        TrackingMethod::Annotation | TrackingMethod::AnnotationAndLabel => {
            annotated_owner(live, settings)
        }
    };
    match owner {
        Some(owner) if owner == instance => Ownership::Ours,
        Some(owner) if !owner.is_empty() => Ownership::OtherApplication(owner),
        _ => Ownership::None,
    }
}

fn annotated_owner(live: &Node, settings: &Settings) -> Option<String> {
    let installation = &settings.installation_id;
    if !installation.is_empty() && live.annotation(INSTALLATION_ID_ANNOTATION) != Some(installation)
    {
        return None;
    }
    let id = TrackingId::parse(live.annotation(TRACKING_ID_ANNOTATION)?)?;
    id.describes(live).then_some(id.instance)
}

fn is_crd(object: &Node) -> bool {
    object.kind() == "CustomResourceDefinition" && object.group() == "apiextensions.k8s.io"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(api_version: &str, kind: &str, namespace: &str, name: &str) -> Node {
        let mut object = Node::mapping();
        object.set(&["apiVersion"], api_version);
        object.set(&["kind"], kind);
        object.set(&["metadata", "name"], name);
        if !namespace.is_empty() {
            object.set(&["metadata", "namespace"], namespace);
        }
        object
    }

    fn settings(tracking_method: TrackingMethod) -> Settings {
        Settings { tracking_method, ..Settings::default() }
    }

    #[test]
    fn ids_read_back_as_written() {
        let check = |object: &Node, text: &str| {
            let id = TrackingId::new(object, "shop", "production");
            assert_eq!(id.to_string(), text);
            assert_eq!(TrackingId::parse(text), Some(id));
        };
        check(&object("apps/v1", "Deployment", "a", "web"), "shop:apps/Deployment:a/web");
        check(&object("v1", "Service", "a", "web"), "shop:/Service:a/web");
        check(
            &object("rbac.authorization.k8s.io/v1", "ClusterRole", "", "system:web"),
            "shop:rbac.authorization.k8s.io/ClusterRole:production/system:web",
        );
    }

    #[test]
    fn other_text_is_no_id() {
        for text in ["", "shop", "shop:Deployment:a/web", "shop:apps/Deployment", "a:b/c:d"] {
            assert_eq!(TrackingId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn each_method_writes_its_marks() {
        let check = |method, instance: &str, annotation: Option<&str>, label: Option<&str>| {
            let mut target = object("v1", "ConfigMap", "a", "flags");
            set_tracking(&mut target, instance, "a", &settings(method));
            assert_eq!(target.annotation(TRACKING_ID_ANNOTATION), annotation);
            assert_eq!(target.label("app.kubernetes.io/instance"), label);
        };
        let long = "x".repeat(70);
        let id = format!("{long}:/ConfigMap:a/flags");
        check(TrackingMethod::Annotation, "shop", Some("shop:/ConfigMap:a/flags"), None);
        check(TrackingMethod::AnnotationAndLabel, &long, Some(&id), Some(&long[..63]));
        check(TrackingMethod::Label, &long, None, Some(&long));
    }

    #[test]
    fn custom_resource_definitions_are_not_marked() {
        let mut crd = object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "a.b");
        set_tracking(&mut crd, "shop", "a", &Settings::default());
        assert_eq!(crd.annotation(TRACKING_ID_ANNOTATION), None);
    }

    #[test]
    fn ownership_follows_the_annotation() {
        let check = |id: &str, want: Ownership| {
            let mut live = object("v1", "ConfigMap", "a", "flags");
            live.set_annotation(TRACKING_ID_ANNOTATION, id);
            assert_eq!(is_tracked_by(&live, "shop", &Settings::default()), want, "{id}");
        };
        check("shop:/ConfigMap:a/flags", Ownership::Ours);
        check("blog:/ConfigMap:a/flags", Ownership::OtherApplication("blog".to_owned()));
        check("shop:/ConfigMap:a/other", Ownership::None);
        check("shop:/ConfigMap:b/flags", Ownership::None);
        check("nonsense", Ownership::None);
    }

    #[test]
    fn namespaces_in_ids_of_cluster_scoped_objects_do_not_count() {
        let mut live = object("v1", "Namespace", "", "a");
        live.set_annotation(TRACKING_ID_ANNOTATION, "shop:/Namespace:elsewhere/a");
        assert_eq!(is_tracked_by(&live, "shop", &Settings::default()), Ownership::Ours);
    }

    #[test]
    fn objects_of_another_installation_are_not_ours() {
        let mut live = object("v1", "ConfigMap", "a", "flags");
        live.set_annotation(TRACKING_ID_ANNOTATION, "shop:/ConfigMap:a/flags");
        let mine = Settings { installation_id: "one".to_owned(), ..Settings::default() };
        assert_eq!(is_tracked_by(&live, "shop", &mine), Ownership::None);
        live.set_annotation(INSTALLATION_ID_ANNOTATION, "one");
        assert_eq!(is_tracked_by(&live, "shop", &mine), Ownership::Ours);
    }
}
