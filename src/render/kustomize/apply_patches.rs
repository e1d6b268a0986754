//! Running the patches of a kustomization on its resources: which text, which resources, what
//! becomes of their ids. Reading and merging is done by [`super::patches`].
//!
//! Matches kustomize v5.8.2: `patches` note the former id, `patchesJson6902` do not; a strategic
//! patch that is copied for its targets has labels and annotations of strings only, so that a
//! null there becomes the text `null`.

use super::accumulate::Build;
use super::error::{KustomizeError, Problem};
use super::fields::Decoder;
use super::kustomization::{Kustomization, PatchEntry};
use super::patches::{
    self, Candidate, IdentityChanges, Patch, Permission, Selector, SelectorFields,
};
use super::resource::{Resource, string_entries};
use super::resource_id::ResourceId;
use super::resource_map::{AnyIdIndex, ResourceMap};
use crate::yaml::json_patch::Operation;
use crate::yaml::{FileId, Mapping, Node, Position, SourceMap};

/// A patch's text, read, and where it was written.
struct Loaded {
    patch: Patch,
    place: String,
}

/// How the resources are told that they changed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum History {
    /// Their former id is noted.
    Stored,
    /// It is not.
    Lost,
}

/// The resources under patches, with an index that follows what patches do to ids.
struct Patching<'a> {
    map: &'a mut ResourceMap,
    index: Option<AnyIdIndex>,
    /// The original and the present id of every resource, once a selector has asked.
    identities: Option<Vec<[ResourceId; 2]>>,
    /// Whether a patch may have given two resources the same id since that was last looked at.
    may_collide: bool,
}

/// Runs `patchesStrategicMerge`: texts or files of patches that name their targets themselves.
pub(super) fn strategic_merge(
    build: &mut Build<'_>,
    kustomization: &Kustomization,
    folders: &[String],
    map: &mut ResourceMap,
) -> Result<(), KustomizeError> {
    let mut documents = Vec::new();
    for entry in &kustomization.patches_strategic_merge {
        let place = build.files.describe(entry.position);
        // An entry that reads as resources is a patch itself, any other one names a file.
        let patch = match patches::parse(&entry.value, &place, FileId::NONE) {
            Ok(inline @ (Patch::Strategic(_) | Patch::Empty)) => inline,
            _ => load_file(build, folders, &entry.value, entry.position)?.patch,
        };
        match patch {
            Patch::Strategic(nodes) => {
                documents.extend(nodes.into_iter().map(|node| (node, place.clone())));
            }
            Patch::Empty => {}
            Patch::Json(_) => {
                let message = "a JSON patch belongs under `patches`, with a target";
                return Err(KustomizeError::invalid(place, message));
            }
        }
    }
    if let (true, [first, ..]) = (documents.is_empty(), &kustomization.patches_strategic_merge[..])
    {
        let message = "all patches are empty; remove them";
        return Err(KustomizeError::invalid(build.files.describe(first.position), message));
    }
    let mut patching = Patching::new(map);
    for (document, place) in documents {
        let target = patching.one_by_id(&document, &place, &build.files)?;
        let document = copied_for(&patching.map.as_slice()[target], &document);
        let changes = IdentityChanges::default();
        patching.merge(target, &document, changes, &place, &build.files)?;
    }
    patching.map.drop_empty();
    Ok(())
}

/// Runs `patches`, each on the resources its target selects, or on the one it names itself.
pub(super) fn patches(
    build: &mut Build<'_>,
    kustomization: &Kustomization,
    folders: &[String],
    map: &mut ResourceMap,
) -> Result<(), KustomizeError> {
    let mut patching = Patching::new(map);
    for entry in &kustomization.patches {
        let Loaded { patch, place } = load(build, folders, entry)?;
        let selector = selector(entry, &build.files)?;
        match (patch, selector) {
            (Patch::Empty, _) => {}
            (Patch::Json(operations), Some(selector)) => {
                patching.apply_json(
                    &selector,
                    &operations,
                    History::Stored,
                    &place,
                    &build.files,
                )?;
            }
            (Patch::Json(_), None) => {
                let message = "a JSON patch needs a `target`";
                return Err(KustomizeError::invalid(place, message));
            }
            (Patch::Strategic(documents), Some(selector)) => {
                let [document] = &documents[..] else {
                    let message = "a patch of several documents cannot have a `target`; split it, \
                                   or remove the target";
                    return Err(KustomizeError::invalid(place, message));
                };
                let changes = identity_changes(entry);
                for target in patching.selected(&selector) {
                    let copy = copied_for(&patching.map.as_slice()[target], document);
                    patching.merge(target, &copy, changes, &place, &build.files)?;
                }
                if std::mem::take(&mut patching.may_collide) {
                    patching.map.check_unique().map_err(|twice| build.duplicate(&twice))?;
                }
            }
            (Patch::Strategic(documents), None) => {
                let changes = identity_changes(entry);
                for mut document in documents {
                    let target = patching.one_by_id(&document, &place, &build.files)?;
                    if changes != IdentityChanges::default() {
                        // Kustomize keeps the permission in the patch's annotations.
                        make_strings(&mut document, "annotations");
                    }
                    patching.merge(target, &document, changes, &place, &build.files)?;
                }
            }
        }
    }
    patching.map.drop_empty();
    Ok(())
}

/// Runs `patchesJson6902`.
pub(super) fn json6902(
    build: &mut Build<'_>,
    kustomization: &Kustomization,
    folders: &[String],
    map: &mut ResourceMap,
) -> Result<(), KustomizeError> {
    let mut patching = Patching::new(map);
    for entry in &kustomization.patches_json6902 {
        let Loaded { patch, place } = load(build, folders, entry)?;
        let named = entry.target.as_ref().is_some_and(|target| {
            let name = target.as_mapping().into_iter().flat_map(Mapping::iter);
            name.filter(|(key, _)| key.eq_ignore_ascii_case("name"))
                .any(|(_, name)| name.as_str().is_some_and(|name| !name.is_empty()))
        });
        let (Some(selector), true) = (selector(entry, &build.files)?, named) else {
            return Err(KustomizeError::invalid(place, "the patch needs a `target` with a `name`"));
        };
        let Patch::Json(operations) = patch else {
            let message = "the patch is no list of JSON patch operations";
            return Err(KustomizeError::invalid(place, message));
        };
        patching.apply_json(&selector, &operations, History::Lost, &place, &build.files)?;
    }
    patching.map.drop_empty();
    Ok(())
}

fn load(
    build: &mut Build<'_>,
    folders: &[String],
    entry: &PatchEntry,
) -> Result<Loaded, KustomizeError> {
    let place = build.files.describe(entry.position);
    let text = entry.patch.trim();
    match (text.is_empty(), entry.path.is_empty()) {
        (true, false) => load_file(build, folders, &entry.path, entry.position),
        (false, true) => {
            let place = build.files.describe(entry.patch_position);
            let patch = patches::parse(text, &place, entry.patch_position.file);
            let patch = patch.map_err(|error| KustomizeError::at("", Problem::Patch(error)))?;
            Ok(Loaded { patch, place })
        }
        (true, true) => Err(KustomizeError::invalid(place, "give the patch a `path` or a `patch`")),
        (false, false) => {
            Err(KustomizeError::invalid(place, "a patch has either `path` or `patch`, not both"))
        }
    }
}

fn load_file(
    build: &mut Build<'_>,
    folders: &[String],
    path: &str,
    position: Position,
) -> Result<Loaded, KustomizeError> {
    let file = build.read_named_text(folders, path, position)?;
    let patch = patches::parse(&file.text, &file.name, file.id);
    let patch = patch.map_err(|error| KustomizeError::at("", Problem::Patch(error)))?;
    Ok(Loaded { patch, place: file.name.to_string() })
}

fn selector(entry: &PatchEntry, files: &SourceMap) -> Result<Option<Selector>, KustomizeError> {
    const FIELDS: &[&str] =
        &["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"];
    let Some(target) = &entry.target else { return Ok(None) };
    let decoder = Decoder { files };
    let mut fields = SelectorFields::default();
    for field in decoder.fields(target, "target", FIELDS)? {
        let text = decoder.string(field)?;
        match field.0 {
            "group" => fields.group = text,
            "version" => fields.version = text,
            "kind" => fields.kind = text,
            "name" => fields.name = text,
            "namespace" => fields.namespace = text,
            "labelSelector" => fields.label_selector = text,
            _ => fields.annotation_selector = text,
        }
    }
    let compiled = Selector::compile(&fields);
    let place = || files.describe(target.position);
    compiled.map(Some).map_err(|error| KustomizeError::at(place(), Problem::Patch(error)))
}

fn identity_changes(entry: &PatchEntry) -> IdentityChanges {
    let permission = |allowed| if allowed { Permission::Granted } else { Permission::Denied };
    IdentityChanges {
        name: permission(entry.allow_name_change),
        kind: permission(entry.allow_kind_change),
    }
}

/// The copy of a patch that is merged into one of its targets: with the target's apiVersion, its
/// labels and annotations made strings.
fn copied_for(target: &Resource, patch: &Node) -> Node {
    let mut copy = patch.clone();
    match target.node.get("apiVersion") {
        Some(version) => copy.set(&["apiVersion"], version.clone()),
        None => drop(copy.remove(&["apiVersion"])),
    }
    make_strings(&mut copy, "labels");
    make_strings(&mut copy, "annotations");
    copy
}

/// Makes all values of a map in a patch's metadata strings; one without entries goes.
fn make_strings(patch: &mut Node, field: &str) {
    let Some(entries) = patch.remove(&["metadata", field]) else { return };
    let strings = string_entries(&entries).map(|(key, value)| (key, value.into()));
    let strings: Mapping = strings.collect();
    if !strings.is_empty() {
        patch.set(&["metadata", field], strings);
    }
}

/// Whether a patch takes all annotations away, and with them what Kustomize keeps there.
fn clears_annotations(patch: &Node) -> bool {
    let replaces = |node: &Node| matches!(node.str_at(&["$patch"]), "replace" | "delete");
    let Some(metadata) = patch.get("metadata") else { return false };
    let annotations = metadata.get("annotations");
    replaces(metadata) || annotations.is_some_and(|node| node.is_null() || replaces(node))
}

impl<'a> Patching<'a> {
    fn new(map: &'a mut ResourceMap) -> Self {
        Self { map, index: None, identities: None, may_collide: false }
    }

    /// The one resource that has or had the id of a patch.
    fn one_by_id(
        &mut self,
        patch: &Node,
        place: &str,
        files: &SourceMap,
    ) -> Result<usize, KustomizeError> {
        let id = ResourceId::of(patch);
        let map = &self.map;
        let index = self.index.get_or_insert_with(|| AnyIdIndex::new(map.as_slice()));
        let fail = |message: String| Err(KustomizeError::object(place, id.to_string(), message));
        match index.get(&id) {
            [target] => Ok(*target),
            [] => fail("the patch matches no resource; check its kind, name and namespace".into()),
            several => {
                let at = |place: &usize| files.describe(map.as_slice()[*place].origin.position);
                let places: Vec<_> = several.iter().map(at).collect();
                fail(format!("the patch matches several resources: {}", places.join(", ")))
            }
        }
    }

    /// The places of the resources that a selector selects.
    fn selected(&mut self, selector: &Selector) -> Vec<usize> {
        let resources = self.map.as_slice();
        let identities =
            self.identities.get_or_insert_with(|| resources.iter().map(identities_of).collect());
        let matches = |(resource, [original, present]): &(&Resource, &[ResourceId; 2])| {
            selector.matches(&Candidate {
                resource: &resource.node,
                names: [&original.name, &present.name],
                namespaces: [&original.effective_namespace, &present.effective_namespace],
            })
        };
        let candidates = resources.iter().zip(identities.iter()).enumerate();
        let left = candidates.filter(|(_, (resource, _))| !resource.is_empty());
        left.filter(|(_, candidate)| matches(candidate)).map(|(place, _)| place).collect()
    }

    fn merge(
        &mut self,
        target: usize,
        patch: &Node,
        changes: IdentityChanges,
        place: &str,
        files: &SourceMap,
    ) -> Result<(), KustomizeError> {
        let renames = changes != IdentityChanges::default();
        self.may_collide |= renames;
        self.change(target, |resource| {
            if renames {
                resource.store_previous_id();
            }
            let described = resource.describe();
            let base = std::mem::take(&mut resource.node);
            let origin = files.describe(resource.origin.position);
            match patches::apply_strategic(base, patch, changes) {
                Ok(merged) => resource.node = merged.unwrap_or_default(),
                Err(error) => {
                    let object = format!("{described} of {origin}");
                    return Err(KustomizeError::object(place, object, error));
                }
            }
            if clears_annotations(patch) {
                resource.forget_history();
            }
            Ok(())
        })
    }

    fn apply_json(
        &mut self,
        selector: &Selector,
        operations: &[Operation],
        history: History,
        place: &str,
        files: &SourceMap,
    ) -> Result<(), KustomizeError> {
        self.may_collide = true;
        for target in self.selected(selector) {
            self.change(target, |resource| {
                if history == History::Stored {
                    resource.store_previous_id();
                }
                // Kustomize keeps its notes in annotations: a patch finds that map there.
                if !resource.previous.is_empty() || resource.needs_hash {
                    resource.node.mapping_at(&["metadata", "annotations"]);
                }
                let described = resource.describe();
                patches::apply_json(&mut resource.node, operations).map_err(|error| {
                    let origin = files.describe(resource.origin.position);
                    let object = format!("{described} of {origin}");
                    KustomizeError::object(place, object, error)
                })
            })?;
        }
        Ok(())
    }

    /// Changes one resource and tells the index.
    fn change(
        &mut self,
        place: usize,
        change: impl FnOnce(&mut Resource) -> Result<(), KustomizeError>,
    ) -> Result<(), KustomizeError> {
        let resource = &mut self.map.as_mut_slice()[place];
        let indexed = self.index.as_mut().map(|index| (index, resource.all_ids().collect()));
        change(resource)?;
        if let Some(identities) = &mut self.identities {
            identities[place] = identities_of(resource);
        }
        let Some((index, before)): Option<(_, Vec<ResourceId>)> = indexed else { return Ok(()) };
        index.remove(place, &before);
        if !resource.is_empty() {
            index.add(place, resource);
        }
        Ok(())
    }
}

/// The id a resource had first and the one it has.
fn identities_of(resource: &Resource) -> [ResourceId; 2] {
    [resource.original_id(), resource.id()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_patch_has_text_for_labels() {
        let node = |text: &str| serde_json::from_str::<Node>(text).unwrap();
        let target = Resource::new(node(r#"{"apiVersion":"v1"}"#), crate::model::Origin::default());
        let patch = node(r#"{"apiVersion":"v9","metadata":{"labels":{"a":null,"b":5}}}"#);
        let copy = node(r#"{"apiVersion":"v1","metadata":{"labels":{"a":"null","b":"5"}}}"#);
        assert_eq!(copied_for(&target, &patch), copy);
    }

    #[test]
    fn a_patch_without_annotations_clears_none() {
        let check = |text: &str, expected: bool| {
            let patch: Node = serde_json::from_str(text).unwrap();
            assert_eq!(clears_annotations(&patch), expected, "{text}");
        };
        check(r#"{"metadata":{"name":"a"}}"#, false);
        check(r#"{"metadata":{"annotations":null}}"#, true);
        check(r#"{"metadata":{"annotations":{"a":null}}}"#, false);
        check(r#"{"metadata":{"annotations":{"$patch":"replace"}}}"#, true);
    }
}
