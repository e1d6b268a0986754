//! Kustomize: a kustomization and what it points to in, resources out.
//!
//! Matches kustomize v5.8.2 (`kustomize build`) byte for byte where it does something at all.
//! Fields and sources that are not done yet are refused by name: remote resources, replacements,
//! vars, configurations, crds, openapi, plugins, Helm charts, build metadata.

mod accumulate;
mod apply_patches;
mod error;
mod field_path;
mod field_specs;
mod fields;
mod generators;
mod hash;
mod images;
mod key_values;
mod kustomization;
mod list_merge;
pub mod merge_keys;
mod metadata;
mod name_reference_table;
mod name_references;
mod order;
mod overrides;
pub mod patches;
mod replicas;
mod resource;
mod resource_file;
mod resource_id;
mod resource_map;
pub mod strategic_merge;

use self::accumulate::Build;
use self::resource::Resource;
use self::resource_map::ResourceMap;
use crate::model::Manifest;
use crate::render::tree::{EntryKind, ReadTree, join};
use crate::yaml::SourceMap;
use crate::yaml::emit::to_yaml_documents;

pub use self::error::{KustomizeError, Problem};
pub use self::order::Reorder;
pub use self::overrides::{LabelReach, Overrides, Overwrite};
pub use self::resource_id::is_cluster_scoped;

/// `kustomize build`'s flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// `--load-restrictor`.
    pub load_restrictor: LoadRestrictor,
    /// `--reorder`.
    pub reorder: Reorder,
}

/// Which files a kustomization may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictor {
    /// Those at or below its own folder.
    #[default]
    RootOnly,
    /// All in the source.
    None,
}

/// What a build gives.
#[derive(Clone, Debug, Default)]
pub struct BuildOutput {
    /// The resources in order.
    pub resources: Vec<Manifest>,
    /// The files their positions point to.
    pub files: SourceMap,
    /// The `# Warning: …` lines that kustomize writes to stderr.
    pub warnings: Vec<String>,
    /// Oddities that kustomize says nothing about.
    pub notes: Vec<String>,
}

/// Builds the kustomization in the folder at `path`.
pub fn build(
    tree: &dyn ReadTree,
    path: &str,
    options: &BuildOptions,
) -> Result<BuildOutput, KustomizeError> {
    build_with(tree, path, options, &Overrides::default())
}

/// Builds the kustomization in the folder at `path` as if `overrides` had been edited into it.
pub fn build_with(
    tree: &dyn ReadTree,
    path: &str,
    options: &BuildOptions,
    overrides: &Overrides,
) -> Result<BuildOutput, KustomizeError> {
    let folder = join("", path).unwrap_or_default();
    let mut build = Build::new(tree, options);
    let mut root = build.load(&folder)?;
    overrides.apply(&mut root)?;
    for component in &overrides.components {
        let there = join(&folder, component).map(|path| tree.kind(&path)).transpose()?;
        if overrides.skips_missing_components && there.is_none_or(|kind| kind == EntryKind::Missing)
        {
            continue;
        }
        root.components.push(overrides::component_entry(component));
    }
    root.check_not_empty()?;
    root.check_root(&build.files)?;
    let mut map = build.run(&root, &[folder], ResourceMap::default())?;
    add_hashes(&mut map, &build.files)?;
    name_references::fix(&mut map, &build.files)?;
    map.retain(|resource| !resource.is_local_config());
    map.check_unique().map_err(|duplicate| build.duplicate(&duplicate))?;
    let sorted = order::sort(map, root.sort_options.as_ref(), options.reorder, &build.files)?;
    let resources = sorted.into_iter().map(finish).collect();
    let Build { files, warnings, notes, .. } = build;
    Ok(BuildOutput { resources, files, warnings, notes })
}

/// What `kustomize build` prints: documents separated by `---` lines.
#[must_use]
pub fn to_yaml(resources: &[Manifest]) -> String {
    to_yaml_documents(resources.iter().map(|manifest| &manifest.root))
}

fn add_hashes(map: &mut ResourceMap, files: &SourceMap) -> Result<(), KustomizeError> {
    for resource in map.as_mut_slice().iter_mut().filter(|resource| resource.needs_hash) {
        let Some(suffix) = hash::suffix(&resource.node) else {
            let place = files.describe(resource.origin.position);
            let message = "only a ConfigMap or Secret can have a hash of its content; leave the \
                           kind as it was generated, or set disableNameSuffixHash";
            return Err(KustomizeError::object(place, resource.describe(), message));
        };
        resource.store_previous_id();
        resource.set_name(&format!("{}-{suffix}", resource.name()));
    }
    Ok(())
}

fn finish(mut resource: Resource) -> Manifest {
    resource.clean_up_annotations();
    Manifest { root: resource.node, origin: resource.origin }
}

#[cfg(test)]
mod tests;
