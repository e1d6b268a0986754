//! How ownership of an object is marked: Argo CD's tracking methods.

/// Annotation that holds the tracking id.
pub const TRACKING_ID_ANNOTATION: &str = "argocd.argoproj.io/tracking-id";
/// Annotation that holds the installation id.
pub const INSTALLATION_ID_ANNOTATION: &str = "argocd.argoproj.io/installation-id";

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
