//! Going through the kustomizations of a build: resources and bases first, then generators,
//! components and transformers, in the order of kustomize v5.8.2. Paths follow its rules: files
//! at or below the kustomization's folder, folders anywhere but on the way in.

use std::sync::Arc;

use super::apply_patches;
use super::error::{KustomizeError, Problem};
use super::fields::Located;
use super::kustomization::{self, Kind, Kustomization};
use super::metadata::{self, LabelError, NameEnd, ResourceError};
use super::resource::Resource;
use super::resource_map::{Duplicate, ResourceMap};
use super::{BuildOptions, LoadRestrictor, generators, images, replicas, resource_file};
use crate::model::Origin;
use crate::render::tree::{EntryKind, ReadTree, TreeError, join};
use crate::yaml::{FileId, Position, SourceMap, Text};

/// Kustomization files by the names that Kustomize looks for.
const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// How many kustomizations one build may load: components that include components several times
/// would otherwise multiply without end.
const KUSTOMIZATIONS_MAX: usize = 10_000;

/// How deep kustomizations may be nested; far beyond any real tree, short of the stack's end.
const DEPTH_MAX: usize = 100;

/// One build on its way.
pub(super) struct Build<'a> {
    tree: &'a dyn ReadTree,
    options: &'a BuildOptions,
    pub(super) files: SourceMap,
    pub(super) warnings: Vec<String>,
    pub(super) notes: Vec<String>,
    loaded: usize,
}

/// A file that was read as text.
pub(super) struct SourceFile {
    pub(super) text: String,
    pub(super) name: Text,
    pub(super) id: FileId,
}

impl<'a> Build<'a> {
    /// A build that has read nothing yet.
    pub(super) fn new(tree: &'a dyn ReadTree, options: &'a BuildOptions) -> Self {
        let (warnings, notes) = (Vec::new(), Vec::new());
        Self { tree, options, files: SourceMap::default(), warnings, notes, loaded: 0 }
    }

    /// Loads the kustomization file of a folder.
    pub(super) fn load(&mut self, folder: &str) -> Result<Kustomization, KustomizeError> {
        self.loaded += 1;
        if self.loaded > KUSTOMIZATIONS_MAX {
            let message = format!("the build needs more than {KUSTOMIZATIONS_MAX} kustomizations");
            return Err(KustomizeError::invalid(folder, message));
        }
        let mut found = Vec::new();
        for name in FILE_NAMES {
            let path = join(folder, name).unwrap_or_else(|| name.to_owned());
            if self.tree.kind(&path)? == EntryKind::File {
                found.push(path);
            }
        }
        let path = match &found[..] {
            [] => {
                let folder = if folder.is_empty() { "." } else { folder }.to_owned();
                return Err(KustomizeError::at("", Problem::MissingKustomization { folder }));
            }
            [path] => path,
            several => {
                let message = format!("keep one of {}", several.join(", "));
                return Err(KustomizeError::invalid(folder, message));
            }
        };
        let SourceFile { text, name, id } = self.read_text(path)?;
        let loaded = kustomization::load(&text, &name, id, &self.files)?;
        self.warnings.extend(loaded.warnings);
        self.notes.extend(loaded.notes);
        Ok(loaded.kustomization)
    }

    /// Runs a kustomization on `map`: what it brings in, makes and changes. `folders` is the way
    /// in, the kustomization's own folder last.
    pub(super) fn run(
        &mut self,
        kustomization: &Kustomization,
        folders: &[String],
        mut map: ResourceMap,
    ) -> Result<ResourceMap, KustomizeError> {
        for entry in &kustomization.resources {
            self.add_entry(entry, folders, &mut map)?;
        }
        self.generate(kustomization, folders, &mut map)?;
        for entry in &kustomization.components {
            map = self.run_component(entry, folders, map)?;
        }
        self.transform(kustomization, folders, &mut map)?;
        Ok(map)
    }

    /// Adds one entry of `resources`: a file, or a folder with a kustomization.
    fn add_entry(
        &mut self,
        entry: &Located<String>,
        folders: &[String],
        map: &mut ResourceMap,
    ) -> Result<(), KustomizeError> {
        self.refuse_remote("resources", entry)?;
        let path = self.resolve(entry, folders)?;
        match self.tree.kind(&path)? {
            EntryKind::File => {
                self.check_restriction(&path, folders, entry.position)?;
                self.add_file(&path, map)
            }
            EntryKind::Directory => {
                let place = self.files.describe(entry.position);
                self.check_folder(entry, &path, folders)?;
                let base =
                    self.run_folder(&path, Kind::Kustomization, folders, ResourceMap::default());
                let base = base.map_err(|error| error.through(place))?;
                map.append_all(base).map_err(|duplicate| self.duplicate(&duplicate))
            }
            EntryKind::Missing => {
                let problem = Problem::NotFound { entry: entry.value.clone(), path };
                Err(KustomizeError::at(self.files.describe(entry.position), problem))
            }
        }
    }

    fn run_component(
        &mut self,
        entry: &Located<String>,
        folders: &[String],
        map: ResourceMap,
    ) -> Result<ResourceMap, KustomizeError> {
        self.refuse_remote("components", entry)?;
        let path = self.resolve(entry, folders)?;
        let place = self.files.describe(entry.position);
        match self.tree.kind(&path)? {
            EntryKind::Directory => {}
            EntryKind::File => {
                let message = format!("component `{}` is a file; name its folder", entry.value);
                return Err(KustomizeError::invalid(place, message));
            }
            EntryKind::Missing => {
                let problem = Problem::NotFound { entry: entry.value.clone(), path };
                return Err(KustomizeError::at(place, problem));
            }
        }
        self.check_folder(entry, &path, folders)?;
        let mut map = self
            .run_folder(&path, Kind::Component, folders, map)
            .map_err(|error| error.through(place))?;
        map.check_unique().map_err(|duplicate| self.duplicate(&duplicate))?;
        Ok(map)
    }

    /// Loads and runs the kustomization in the folder at `path` on `map`.
    fn run_folder(
        &mut self,
        path: &str,
        wanted: Kind,
        folders: &[String],
        map: ResourceMap,
    ) -> Result<ResourceMap, KustomizeError> {
        let kustomization = self.load(path)?;
        kustomization.check_not_empty()?;
        if kustomization.kind != wanted {
            let message = match wanted {
                Kind::Kustomization => "this is a Component; list its folder under `components`",
                Kind::Component => "this is no Component; list its folder under `resources`",
            };
            return Err(KustomizeError::invalid(&*kustomization.file, message));
        }
        if folders.len() >= DEPTH_MAX {
            let message = format!("kustomizations are nested more than {DEPTH_MAX} deep");
            return Err(KustomizeError::invalid(&*kustomization.file, message));
        }
        let mut folders = folders.to_vec();
        folders.push(path.to_owned());
        self.run(&kustomization, &folders, map)
    }

    fn add_file(&mut self, path: &str, map: &mut ResourceMap) -> Result<(), KustomizeError> {
        let SourceFile { text, name, id } = self.read_text(path)?;
        for node in resource_file::read(&text, &name, id, &self.files)? {
            let position = node.position;
            let origin = Origin { file: name.clone(), position, ..Origin::default() };
            map.append(Resource::new(node, origin))
                .map_err(|duplicate| self.duplicate(&duplicate))?;
        }
        Ok(())
    }

    fn generate(
        &mut self,
        kustomization: &Kustomization,
        folders: &[String],
        map: &mut ResourceMap,
    ) -> Result<(), KustomizeError> {
        let (tree, restrictor, files) = (self.tree, self.options.load_restrictor, &self.files);
        let mut read = |path: &str, position: Position| {
            read_named(tree, restrictor, folders, path).map_err(|mut error| {
                error.place = files.describe(position);
                error
            })
        };
        generators::run(map, kustomization, files, &mut read)
    }

    fn transform(
        &mut self,
        kustomization: &Kustomization,
        folders: &[String],
        map: &mut ResourceMap,
    ) -> Result<(), KustomizeError> {
        apply_patches::strategic_merge(self, kustomization, folders, map)?;
        apply_patches::patches(self, kustomization, folders, map)?;
        if !kustomization.namespace.is_empty() {
            metadata::set_namespace(map, &kustomization.namespace)
                .map_err(|error| self.at_resource(error))?;
            map.check_unique().map_err(|duplicate| self.duplicate(&duplicate))?;
        }
        for (end, addition) in [
            (NameEnd::Prefix, &kustomization.name_prefix),
            (NameEnd::Suffix, &kustomization.name_suffix),
        ] {
            if !addition.is_empty() {
                metadata::add_to_names(map, end, addition);
            }
        }
        for label in &kustomization.labels {
            metadata::add_labels(map, label).map_err(|error| match error {
                LabelError::Resource(error) => self.at_resource(error),
                LabelError::Fields(message) => {
                    KustomizeError::invalid(self.files.describe(label.position), message)
                }
            })?;
        }
        metadata::add_common_labels(map, &kustomization.common_labels)
            .map_err(|error| self.at_resource(error))?;
        metadata::add_annotations(map, &kustomization.common_annotations)
            .map_err(|error| self.at_resource(error))?;
        apply_patches::json6902(self, kustomization, folders, map)?;
        replicas::set_replicas(map, &kustomization.replicas, &self.files)?;
        images::set_images(map, &kustomization.images).map_err(|error| self.at_resource(error))
    }

    /// Reads a file named in a kustomization, under the load restriction.
    pub(super) fn read_named_text(
        &mut self,
        folders: &[String],
        path: &str,
        position: Position,
    ) -> Result<SourceFile, KustomizeError> {
        let entry = Located { value: path.to_owned(), position };
        self.refuse_remote("path", &entry)?;
        let bytes = read_named(self.tree, self.options.load_restrictor, folders, path);
        let bytes = bytes.map_err(|mut error| {
            error.place = self.files.describe(position);
            error
        })?;
        let own = folders.last().map_or("", String::as_str);
        let name = join(own, path).unwrap_or_else(|| path.to_owned());
        self.source_file(&name, &bytes)
    }

    fn read_text(&mut self, path: &str) -> Result<SourceFile, KustomizeError> {
        let bytes = self.tree.read(path)?;
        self.source_file(path, &bytes)
    }

    fn source_file(&mut self, name: &str, bytes: &[u8]) -> Result<SourceFile, KustomizeError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let id = self.files.add(name);
                Ok(SourceFile { text: text.to_owned(), name: name.into(), id })
            }
            Err(_) => Err(KustomizeError::invalid(name, "the file is not UTF-8 text")),
        }
    }

    fn refuse_remote(&self, field: &str, entry: &Located<String>) -> Result<(), KustomizeError> {
        if !is_remote(&entry.value) {
            return Ok(());
        }
        let field = format!("remote {field} entry `{}`", entry.value);
        Err(KustomizeError::not_supported(field, self.files.describe(entry.position)))
    }

    /// The path of an entry from the root of the source.
    fn resolve(
        &self,
        entry: &Located<String>,
        folders: &[String],
    ) -> Result<String, KustomizeError> {
        let own = folders.last().map_or("", String::as_str);
        let place = || self.files.describe(entry.position);
        if entry.value.is_empty() {
            return Err(KustomizeError::invalid(place(), "an entry is empty; remove it"));
        }
        if entry.value.starts_with('/') {
            let message = format!("`{}` is absolute; make it relative to this file", entry.value);
            return Err(KustomizeError::invalid(place(), message));
        }
        join(own, &entry.value).ok_or_else(|| {
            let problem = Problem::Tree(TreeError::Escapes { path: entry.value.clone() });
            KustomizeError::at(place(), problem)
        })
    }

    fn check_restriction(
        &self,
        path: &str,
        folders: &[String],
        position: Position,
    ) -> Result<(), KustomizeError> {
        restrict(self.options.load_restrictor, folders, path).map_err(|mut error| {
            error.place = self.files.describe(position);
            error
        })
    }

    /// A folder must not be on the way in, nor contain a folder that is.
    fn check_folder(
        &self,
        entry: &Located<String>,
        path: &str,
        folders: &[String],
    ) -> Result<(), KustomizeError> {
        let place = || self.files.describe(entry.position);
        let glued = |part: &str| part.contains("..") && part != "..";
        if entry.value.split('/').any(glued) {
            let message = format!(
                "`{}` has `..` glued to other text; check the indentation of the list",
                entry.value
            );
            return Err(KustomizeError::invalid(place(), message));
        }
        match folders.iter().find(|folder| is_at_or_below(folder, path)) {
            None => Ok(()),
            Some(folder) => {
                let name = |folder: &str| if folder.is_empty() { "." } else { folder }.to_owned();
                let message = format!(
                    "cycle: `{}` is or contains `{}`, which is being built",
                    name(path),
                    name(folder)
                );
                Err(KustomizeError::invalid(place(), message))
            }
        }
    }

    /// The error for two resources with one id.
    pub(super) fn duplicate(&self, duplicate: &Duplicate) -> KustomizeError {
        let place = |resource: &Resource| self.files.describe(resource.origin.position);
        let problem = Problem::DuplicateId {
            id: duplicate.id.to_string(),
            first: place(&duplicate.first),
            second: place(&duplicate.second),
        };
        KustomizeError::at("", problem)
    }

    fn at_resource(&self, (resource, message): ResourceError) -> KustomizeError {
        let place = self.files.describe(resource.origin.position);
        KustomizeError::object(place, resource.describe(), message)
    }
}

fn read_named(
    tree: &dyn ReadTree,
    restrictor: LoadRestrictor,
    folders: &[String],
    path: &str,
) -> Result<Arc<[u8]>, KustomizeError> {
    let own = folders.last().map_or("", String::as_str);
    let joined = join(own, path).filter(|_| !path.starts_with('/'));
    let Some(joined) = joined else {
        return Err(TreeError::Escapes { path: path.to_owned() }.into());
    };
    restrict(restrictor, folders, &joined)?;
    Ok(tree.read(&joined)?)
}

/// Files must be at or below the folder of the kustomization that names them.
fn restrict(
    restrictor: LoadRestrictor,
    folders: &[String],
    path: &str,
) -> Result<(), KustomizeError> {
    let own = folders.last().map_or("", String::as_str);
    if restrictor == LoadRestrictor::None || is_at_or_below(path, own) {
        return Ok(());
    }
    let message = format!(
        "security: `{path}` is not at or below `{own}`; move it there or build with \
         --load-restrictor LoadRestrictionsNone"
    );
    Err(KustomizeError::invalid("", message))
}

fn is_at_or_below(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether an entry is a URL or one of the short forms of git repositories.
fn is_remote(entry: &str) -> bool {
    let scp = entry
        .split_once(':')
        .is_some_and(|(host, path)| host.contains('@') && !host.contains('/') && !path.is_empty());
    entry.contains("://")
        || entry.starts_with("git::")
        || entry.starts_with("github.com/")
        || entry.starts_with("github.com:")
        || scp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_short_forms_are_remote() {
        let check = |entry: &str, expected: bool| assert_eq!(is_remote(entry), expected, "{entry}");
        check("https://example.com/a.yaml", true);
        check("git@example.com:org/repo", true);
        check("github.com/org/repo?ref=v1", true);
        check("../base", false);
        check("a@b.yaml", false);
    }

    #[test]
    fn below_means_by_whole_names() {
        let check = |path: &str, folder: &str, expected: bool| {
            assert_eq!(is_at_or_below(path, folder), expected, "{path} {folder}");
        };
        check("a/b", "a", true);
        check("a", "a", true);
        check("ab", "a", false);
        check("a", "", true);
    }
}
