//! Source tree in, manifests out: no network, no Kubernetes client.
//!
//! [`render`] picks the tool as Argo CD 3.5 does, runs it, puts the items of lists in place of
//! the lists, and makes sure that every object has an apiVersion, a kind and a name. The same
//! object twice is kept twice: that is for the comparison to warn about.

pub mod build_env;
pub mod detect;
mod directory;
pub mod kustomize;
mod objects;
pub mod source_overrides;
pub mod tree;

use thiserror::Error;

use self::build_env::BuildEnv;
use self::kustomize::{BuildOptions, KustomizeError, Overrides};
use self::tree::{EntryKind, ReadTree, TreeError, join};
use crate::model::source::KustomizeOptions;
use crate::model::{ApplicationSource, Manifest};
use crate::support::glob::GlobError;
use crate::yaml::{SourceMap, YamlError};

/// The kustomize whose output is matched.
const MATCHED_VERSION: &str = "v5.8.2";

/// What to render.
#[derive(Clone, Copy)]
pub struct RenderRequest<'a> {
    /// The files of the source at its revision.
    pub tree: &'a dyn ReadTree,
    /// The source as the Application has it.
    pub source: &'a ApplicationSource,
    /// Its index in `spec.sources`, 0 for a single source.
    pub source_index: usize,
    /// The Application's name, which picks `.argocd-source-<name>.yaml`.
    pub application_name: &'a str,
    /// What `$ARGOCD_APP_…` stands for.
    pub build_env: &'a BuildEnv,
    /// How much may be read.
    pub limits: RenderLimits,
}

/// How much a render may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderLimits {
    /// All manifest files of a plain folder together.
    pub bytes: u64,
}

impl Default for RenderLimits {
    /// Argo CD's own limit.
    fn default() -> Self {
        Self { bytes: 10 * 1024 * 1024 }
    }
}

/// What a render gives.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The objects, in the order of the tool.
    pub manifests: Vec<Manifest>,
    /// The files their positions point to.
    pub files: SourceMap,
    /// Things the user should know that are no errors.
    pub warnings: Vec<String>,
    /// `Kustomize` or `Directory`, as `status.sourceType` has it.
    pub source_type: SourceType,
}

/// Which tool rendered a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceType {
    /// Plain YAML and JSON files.
    #[default]
    Directory,
    /// A kustomization.
    Kustomize,
    /// A Helm chart.
    Helm,
    /// A config management plugin.
    Plugin,
}

/// Why a source cannot be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The path of the source is not there.
    #[error("{path}: app path does not exist")]
    PathMissing {
        /// The path.
        path: String,
    },
    /// The path of the source is a file.
    #[error("{path}: app path is not a directory")]
    PathNotDirectory {
        /// The path.
        path: String,
    },
    /// The path of the source starts with a slash.
    #[error("{path}: app path is absolute; write it relative to the root of the repository")]
    PathAbsolute {
        /// The path.
        path: String,
    },
    /// The path of the source leads out of the repository.
    #[error("{path}: app path outside root")]
    PathOutside {
        /// The path.
        path: String,
    },
    /// Options of more than one tool.
    #[error("multiple application sources defined: {types}; keep the options of one tool")]
    SeveralTypes {
        /// The tools.
        types: String,
    },
    /// Something Argo CD renders and tiphys does not.
    #[error("{what} cannot be rendered yet: only kustomizations and plain YAML or JSON files can")]
    Unsupported {
        /// What it is, in the plural.
        what: String,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}", if path.is_empty() { "the source" } else { path })]
    Tree {
        /// What was to be read.
        path: String,
        /// What is wrong with it.
        #[source]
        source: TreeError,
    },
    /// A file is not text.
    #[error("{file}: not UTF-8 text")]
    Encoding {
        /// The file.
        file: String,
    },
    /// A file is no YAML or JSON.
    #[error(transparent)]
    Yaml(Box<YamlError>),
    /// A pattern of the directory options is broken.
    #[error("cannot read {option}")]
    Glob {
        /// The option.
        option: &'static str,
        /// What is wrong with it.
        #[source]
        source: GlobError,
    },
    /// The manifest files are too large together.
    #[error(
        "{path}: the manifest files are larger than {limit_bytes} bytes together; \
             exclude what is no manifest"
    )]
    TooLarge {
        /// The folder.
        path: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// A file that overrides the source is not right.
    #[error("{file}: {problem}")]
    Overrides {
        /// The file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A rendered object lacks what every object needs.
    #[error("{place}: {problem}{}", if object.is_empty() { String::new() } else { format!(" ({object})") })]
    Object {
        /// Where it is written.
        place: String,
        /// What it is, as far as it says.
        object: String,
        /// What it lacks.
        problem: &'static str,
    },
    /// The kustomization cannot be built.
    #[error("cannot build the kustomization{}", if path.is_empty() { String::new() } else { format!(" in {path}") })]
    Kustomize {
        /// Its folder.
        path: String,
        /// What is wrong.
        #[source]
        source: Box<KustomizeError>,
    },
}

impl RenderError {
    /// The line that is wrong with a caret below the column, `""` when there is none to show.
    pub fn snippet(&self) -> String {
        match self {
            Self::Yaml(error) => error.snippet(),
            Self::Kustomize { source, .. } => source.snippet(),
            _ => String::new(),
        }
    }
}

/// Renders one source of an Application.
pub fn render(request: &RenderRequest<'_>) -> Result<Rendered, RenderError> {
    let source = request.source;
    if !source.reference.is_empty() && source.path.is_empty() && source.chart.is_empty() {
        return Ok(Rendered::default());
    }
    refuse_unsupported(source)?;
    let path = folder(request.tree, &source.path)?;
    let mut warnings = Vec::new();
    let source = source_overrides::apply(
        request.tree,
        &path,
        request.application_name,
        source,
        &mut warnings,
    )?;
    let source_type = detect::detect(request.tree, &path, &source)?;
    let mut rendered = match source_type {
        SourceType::Helm => return Err(unsupported(&source.path, "Helm charts")),
        SourceType::Plugin => {
            return Err(unsupported(&source.path, "sources of config management plugins"));
        }
        SourceType::Kustomize => {
            let options = source.kustomize.clone().unwrap_or_default();
            build_kustomization(request, &path, &options)?
        }
        SourceType::Directory => {
            let options = source.directory.clone().unwrap_or_default();
            directory::render(request.tree, &path, &options, request.limits)?
        }
    };
    rendered.source_type = source_type;
    warnings.append(&mut rendered.warnings);
    rendered.warnings = warnings;
    rendered.manifests = objects::flatten(std::mem::take(&mut rendered.manifests));
    objects::check(&rendered.manifests, &rendered.files)?;
    for manifest in &mut rendered.manifests {
        manifest.origin.source_index = request.source_index;
    }
    Ok(rendered)
}

/// Refuses what is no Git repository, which the source alone tells.
///
/// # Errors
/// For Helm charts of a chart repository and OCI artifacts.
pub fn refuse_unsupported(source: &ApplicationSource) -> Result<(), RenderError> {
    if source.chart.is_empty() && !source.repo_url.starts_with("oci://") {
        return Ok(());
    }
    let name = if source.chart.is_empty() { &source.repo_url } else { &source.chart };
    Err(unsupported(name, "Helm charts and OCI artifacts"))
}

fn unsupported(place: &str, what: &str) -> RenderError {
    RenderError::Unsupported { what: format!("{place}: {what}") }
}

/// The folder of the source, `""` for the root.
fn folder(tree: &dyn ReadTree, path: &str) -> Result<String, RenderError> {
    let own = || path.to_owned();
    if path.starts_with('/') {
        return Err(RenderError::PathAbsolute { path: own() });
    }
    let folder = join("", path).ok_or_else(|| RenderError::PathOutside { path: own() })?;
    match tree.kind(&folder) {
        Ok(EntryKind::Directory) => Ok(folder),
        Ok(EntryKind::File) => Err(RenderError::PathNotDirectory { path: own() }),
        Ok(EntryKind::Missing) => Err(RenderError::PathMissing { path: own() }),
        Err(TreeError::Escapes { .. }) => Err(RenderError::PathOutside { path: own() }),
        Err(source) => Err(RenderError::Tree { path: own(), source }),
    }
}

/// Builds the kustomization with the Application's options edited into it.
fn build_kustomization(
    request: &RenderRequest<'_>,
    path: &str,
    options: &KustomizeOptions,
) -> Result<Rendered, RenderError> {
    let fail = |source| RenderError::Kustomize { path: path.to_owned(), source: Box::new(source) };
    let options = request.build_env.expand_kustomize(options);
    let overrides = Overrides::new(&options).map_err(fail)?;
    let build = kustomize::build_with(request.tree, path, &BuildOptions::default(), &overrides);
    let mut output = build.map_err(fail)?;
    output.warnings.append(&mut output.notes);
    if !options.version.is_empty() {
        let version = &options.version;
        output.warnings.push(format!(
            "kustomize.version {version} is ignored: kustomizations are built as by kustomize \
             {MATCHED_VERSION}"
        ));
    }
    Ok(Rendered {
        manifests: output.resources,
        files: output.files,
        warnings: output.warnings,
        source_type: SourceType::Kustomize,
    })
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
