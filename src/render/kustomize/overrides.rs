//! What an Application adds to the kustomization it builds, applied in memory the way Argo CD
//! 3.5 has `kustomize edit` do it: prefix, suffix, images, replicas, labels, annotations,
//! namespace, patches, components.

use std::collections::BTreeMap;

use super::error::KustomizeError;
use super::fields::{Decoder, Located};
use super::kustomization::{Image, Kustomization, Label, PatchEntry, Replica, decode_patch};
use crate::model::ImageReference;
use crate::model::source::KustomizeOptions;
use crate::yaml::{Position, SourceMap, Value};

/// Keeps the part of an image that the kustomization has.
const KEEP: &str = "*";

/// Whether labels and annotations may replace those the kustomization sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// That is an error.
    #[default]
    Refuse,
    /// They may.
    Force,
}

/// Where labels go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelReach {
    /// Metadata, selectors and templates.
    #[default]
    Selectors,
    /// Metadata only.
    Metadata,
    /// Metadata and templates.
    Templates,
}

/// What an Application adds to the kustomization it builds.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    name_prefix: String,
    name_suffix: String,
    namespace: String,
    images: Vec<Image>,
    replicas: Vec<Replica>,
    labels: BTreeMap<String, String>,
    overwrite_labels: Overwrite,
    label_reach: LabelReach,
    annotations: BTreeMap<String, String>,
    overwrite_annotations: Overwrite,
    patches: Vec<PatchEntry>,
    /// Folders of components, appended to the kustomization's.
    pub(super) components: Vec<String>,
    /// Whether components that do not exist are left out.
    pub(super) skips_missing_components: bool,
}

impl Overrides {
    /// Takes over the options of an Application's source, build environment already substituted.
    pub fn new(options: &KustomizeOptions) -> Result<Self, KustomizeError> {
        let place = "spec.source.kustomize";
        let invalid = |message: String| KustomizeError::invalid(place, message);
        let label_reach = match (options.label_without_selector, options.label_include_templates) {
            (false, false) => LabelReach::Selectors,
            (true, false) => LabelReach::Metadata,
            (true, true) => LabelReach::Templates,
            (false, true) => {
                let message = "labelIncludeTemplates needs labelWithoutSelector: true";
                return Err(invalid(message.to_owned()));
            }
        };
        let images = options.images.iter().map(|image| {
            parse_image(image).ok_or_else(|| {
                invalid(format!("image `{image}` must read `[name=]name[:tag][@digest]`"))
            })
        });
        let replicas = options.replicas.iter().map(|replica| {
            let count = match &replica.count.value {
                Value::String(text) => text.parse().ok(),
                _ => replica.count.as_i64(),
            };
            let position = Position::default();
            let count = count.ok_or_else(|| {
                invalid(format!("replicas of `{}` must be a whole number", replica.name))
            })?;
            Ok(Replica { name: replica.name.clone(), count, position })
        });
        let files = SourceMap::default();
        let decoder = Decoder { files: &files };
        let patches = options
            .patches
            .iter()
            .map(|patch| decode_patch(patch, decoder).map_err(|error| invalid(error.to_string())));
        let overwrite = |force| if force { Overwrite::Force } else { Overwrite::Refuse };
        Ok(Self {
            name_prefix: options.name_prefix.clone(),
            name_suffix: options.name_suffix.clone(),
            namespace: options.namespace.clone(),
            images: images.collect::<Result<_, _>>()?,
            replicas: replicas.collect::<Result<_, KustomizeError>>()?,
            labels: options.common_labels.clone(),
            overwrite_labels: overwrite(options.force_common_labels),
            label_reach,
            annotations: options.common_annotations.clone(),
            overwrite_annotations: overwrite(options.force_common_annotations),
            patches: patches.collect::<Result<_, _>>()?,
            components: options.components.clone(),
            skips_missing_components: options.ignore_missing_components,
        })
    }

    /// Edits the root kustomization. Components are the caller's: whether they exist is for the
    /// tree to say.
    pub(super) fn apply(&self, root: &mut Kustomization) -> Result<(), KustomizeError> {
        for (field, own) in [
            (&mut root.name_prefix, &self.name_prefix),
            (&mut root.name_suffix, &self.name_suffix),
            (&mut root.namespace, &self.namespace),
        ] {
            if !own.is_empty() {
                field.clone_from(own);
            }
        }
        if !self.images.is_empty() {
            root.images = set_images(&root.images, &self.images);
        }
        if !self.replicas.is_empty() {
            let all = root.replicas.iter().rev().chain(&self.replicas);
            let by_name: BTreeMap<_, _> = all.map(|replica| (&replica.name, replica)).collect();
            root.replicas = by_name.into_values().cloned().collect();
        }
        self.apply_labels(root)?;
        let entries = &mut root.common_annotations;
        add_entries(
            entries,
            &self.annotations,
            self.overwrite_annotations,
            "annotation",
            &root.file,
        )?;
        root.patches.extend(self.patches.iter().cloned());
        if self.says_something() {
            root.mark_content();
        }
        Ok(())
    }

    fn apply_labels(&self, root: &mut Kustomization) -> Result<(), KustomizeError> {
        let include_templates = match self.label_reach {
            _ if self.labels.is_empty() => return Ok(()),
            LabelReach::Selectors => {
                let labels = &mut root.common_labels;
                return add_entries(
                    labels,
                    &self.labels,
                    self.overwrite_labels,
                    "label",
                    &root.file,
                );
            }
            LabelReach::Metadata => false,
            LabelReach::Templates => true,
        };
        let alike = |label: &Label| {
            !label.include_selectors && label.include_templates == include_templates
        };
        let index = root.labels.iter().position(alike).unwrap_or_else(|| {
            root.labels.push(Label { include_templates, ..Label::default() });
            root.labels.len() - 1
        });
        let pairs = &mut root.labels[index].pairs;
        add_entries(pairs, &self.labels, self.overwrite_labels, "label", &root.file)
    }

    fn says_something(&self) -> bool {
        let texts = [&self.name_prefix, &self.name_suffix, &self.namespace];
        texts.iter().any(|text| !text.is_empty())
            || !self.images.is_empty()
            || !self.replicas.is_empty()
            || !self.labels.is_empty()
            || !self.annotations.is_empty()
            || !self.patches.is_empty()
            || !self.components.is_empty()
    }
}

fn add_entries(
    entries: &mut BTreeMap<String, String>,
    more: &BTreeMap<String, String>,
    overwrite: Overwrite,
    noun: &str,
    file: &str,
) -> Result<(), KustomizeError> {
    for (key, value) in more {
        if entries.contains_key(key) && overwrite == Overwrite::Refuse {
            let message = format!(
                "{noun} `{key}` is set there already; remove it from the Application or let it \
                 force its own"
            );
            return Err(KustomizeError::invalid(file, message));
        }
        entries.insert(key.clone(), value.clone());
    }
    Ok(())
}

/// `[name=]name[:tag][@digest]`; nothing to change is no image.
fn parse_image(text: &str) -> Option<Image> {
    let (key, value) = text.split_once('=').unwrap_or(("", text));
    let ImageReference { name, tag, digest } = ImageReference::parse(value);
    if name == text {
        return None;
    }
    let (name, new_name) = if key.is_empty() { (name, "") } else { (key, name) };
    Some(Image {
        name: name.to_owned(),
        new_name: new_name.to_owned(),
        new_tag: tag.to_owned(),
        digest: digest.to_owned(),
        tag_suffix: String::new(),
    })
}

/// The entries of both, one by name, sorted by name; `*` keeps what the kustomization has.
fn set_images(present: &[Image], wanted: &[Image]) -> Vec<Image> {
    let mut images: BTreeMap<&str, Image> = BTreeMap::new();
    for image in present {
        images.insert(&image.name, image.clone());
    }
    let mut set: BTreeMap<&str, Image> = BTreeMap::new();
    for image in wanted {
        set.insert(&image.name, image.clone());
    }
    for (name, mut image) in set {
        let old = images.get(name).cloned().unwrap_or_default();
        for (new, old) in [
            (&mut image.new_name, old.new_name),
            (&mut image.new_tag, old.new_tag),
            (&mut image.digest, old.digest),
        ] {
            if new == KEEP {
                *new = old;
            }
        }
        images.insert(name, image);
    }
    images.into_values().collect()
}

/// A component that an Application adds, as an entry of the kustomization.
pub(super) fn component_entry(path: &str) -> Located<String> {
    Located { value: path.to_owned(), position: Position::default() }
}

#[cfg(test)]
#[path = "overrides_tests.rs"]
mod tests;
