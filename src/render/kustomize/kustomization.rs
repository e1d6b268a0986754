//! The kustomization file: its fields with their positions, its deprecated spellings and their
//! warnings, as kustomize v5.8.2 loads it. Fields that are not done yet are refused by name.

use std::collections::BTreeMap;

use super::error::KustomizeError;
use super::fields::{Decoder, Field, Located};
use crate::yaml::read::read_documents;
use crate::yaml::{FileId, Node, Position, ReadOptions, SourceMap, Text};

/// `# Warning` lines in the order kustomize prints them, by field.
const DEPRECATED: [(&str, &str, &str); 6] = [
    ("bases", "resources", ""),
    ("commonLabels", "labels", ""),
    ("imageTags", "images", ""),
    ("patchesJson6902", "patches", ""),
    ("patchesStrategicMerge", "patches", ""),
    ("vars", "replacements", "[EXPERIMENTAL] "),
];

/// The fields of Kustomization and Component.
const FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

/// What a file in a folder of that name is built as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// Builds its own resources, then joins the including kustomization.
    #[default]
    Kustomization,
    /// Works on the resources of the including kustomization.
    Component,
}

/// One kustomization file.
#[derive(Clone, Debug, Default)]
pub(super) struct Kustomization {
    /// The file, relative to the root of the source.
    pub(super) file: Text,
    pub(super) kind: Kind,
    pub(super) resources: Vec<Located<String>>,
    pub(super) components: Vec<Located<String>>,
    pub(super) name_prefix: String,
    pub(super) name_suffix: String,
    pub(super) namespace: String,
    pub(super) labels: Vec<Label>,
    pub(super) common_labels: BTreeMap<String, String>,
    pub(super) common_annotations: BTreeMap<String, String>,
    pub(super) patches_strategic_merge: Vec<Located<String>>,
    pub(super) patches_json6902: Vec<PatchEntry>,
    pub(super) patches: Vec<PatchEntry>,
    pub(super) images: Vec<Image>,
    pub(super) replicas: Vec<Replica>,
    pub(super) config_maps: Vec<Generator>,
    pub(super) secrets: Vec<Generator>,
    pub(super) generator_options: Option<GeneratorOptions>,
    pub(super) sort_options: Option<SortOptions>,
    /// Whether anything but kind and apiVersion is there.
    has_content: bool,
    /// Deprecated spelling of resources, empty once loaded.
    bases: Vec<Located<String>>,
    /// Deprecated spelling of images, empty once loaded.
    image_tags: Vec<Image>,
    /// `buildMetadata` counts in the root only, so it is refused there.
    build_metadata: Vec<Located<String>>,
}

/// One entry of `labels`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Label {
    pub(super) pairs: BTreeMap<String, String>,
    pub(super) include_selectors: bool,
    pub(super) include_templates: bool,
    pub(super) include_volume_claim_templates: bool,
    pub(super) fields: Vec<LabelField>,
    pub(super) position: Position,
}

/// A place for labels beside the built-in ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LabelField {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) path: String,
    pub(super) create: bool,
}

/// One entry of `patches` or `patchesJson6902`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PatchEntry {
    pub(super) path: String,
    pub(super) patch: String,
    pub(super) target: Option<Node>,
    pub(super) allow_name_change: bool,
    pub(super) allow_kind_change: bool,
    pub(super) position: Position,
    /// Where the inline patch's text was written.
    pub(super) patch_position: Position,
}

/// One entry of `images`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) name: String,
    pub(super) new_name: String,
    pub(super) tag_suffix: String,
    pub(super) new_tag: String,
    pub(super) digest: String,
}

/// One entry of `replicas`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Replica {
    pub(super) name: String,
    pub(super) count: i64,
    pub(super) position: Position,
}

/// One entry of `configMapGenerator` or `secretGenerator`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Generator {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) behavior: String,
    pub(super) literals: Vec<Located<String>>,
    pub(super) files: Vec<Located<String>>,
    pub(super) envs: Vec<Located<String>>,
    pub(super) options: Option<GeneratorOptions>,
    /// Of a Secret only.
    pub(super) secret_type: String,
    pub(super) position: Position,
}

/// `generatorOptions`, or the `options` of one generator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GeneratorOptions {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) disable_name_suffix_hash: bool,
    pub(super) immutable: bool,
}

/// `sortOptions`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SortOptions {
    pub(super) order: String,
    pub(super) legacy: Option<LegacySortOptions>,
    pub(super) position: Position,
}

/// `sortOptions.legacySortOptions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LegacySortOptions {
    pub(super) order_first: Vec<String>,
    pub(super) order_last: Vec<String>,
}

/// A kustomization and the deprecation warnings it earned.
pub(super) struct Loaded {
    pub(super) kustomization: Kustomization,
    pub(super) warnings: Vec<String>,
    /// What kustomize passes over in silence: fields given twice.
    pub(super) notes: Vec<String>,
}

/// Reads the kustomization file `name` from `text`.
pub(super) fn load(
    text: &str,
    name: &Text,
    file: FileId,
    files: &SourceMap,
) -> Result<Loaded, KustomizeError> {
    let (documents, doubles) = read_documents(text, &ReadOptions::manifests(file, name))?;
    // Like Kustomize's reader: what follows the first document does not count.
    let root = documents.into_iter().find(|document| document.index == 0);
    let root = root.map_or_else(Node::mapping, |document| document.root);
    let decoder = Decoder { files };
    let mut kustomization = Kustomization { file: name.clone(), ..Kustomization::default() };
    let mut api_version = (String::new(), Position::default());
    let mut deprecated = Vec::new();
    for field in decoder.fields(&root, "Kustomization", FIELDS)? {
        if field.0 == "apiVersion" {
            api_version = (decoder.string(field)?, field.1.position);
            continue;
        }
        if let Some(place) = DEPRECATED.iter().position(|(name, _, _)| *name == field.0) {
            deprecated.push(place);
        }
        kustomization.set(field, decoder)?;
    }
    let Kustomization { resources, bases, images, image_tags, .. } = &mut kustomization;
    resources.append(bases);
    images.append(image_tags);
    check_api_version(kustomization.kind, &api_version.0, || files.describe(api_version.1))?;
    deprecated.sort_unstable();
    deprecated.dedup();
    let warnings = deprecated.into_iter().map(deprecation).collect();
    let notes = doubles.into_iter().map(|double| double.message).collect();
    Ok(Loaded { kustomization, warnings, notes })
}

fn deprecation(index: usize) -> String {
    let (old, new, mark) = DEPRECATED[index];
    format!(
        "# Warning: '{old}' is deprecated. Please use '{new}' instead. {mark}Run 'kustomize edit \
         fix' to update your Kustomization automatically."
    )
}

fn check_api_version(
    kind: Kind,
    api_version: &str,
    place: impl Fn() -> String,
) -> Result<(), KustomizeError> {
    let (kind, wanted) = match kind {
        Kind::Kustomization => ("Kustomization", "kustomize.config.k8s.io/v1beta1"),
        Kind::Component => ("Component", "kustomize.config.k8s.io/v1alpha1"),
    };
    if api_version.is_empty() || api_version == wanted {
        return Ok(());
    }
    Err(KustomizeError::invalid(place(), format!("apiVersion of a {kind} must be {wanted}")))
}

impl Kustomization {
    /// Refuses a file that says nothing, as Kustomize does.
    pub(super) fn check_not_empty(&self) -> Result<(), KustomizeError> {
        if self.has_content {
            return Ok(());
        }
        Err(KustomizeError::invalid(&*self.file, "the file is empty; list some `resources`"))
    }

    /// Notes that something was added to the file in memory.
    pub(super) fn mark_content(&mut self) {
        self.has_content = true;
    }

    /// Refuses what only the root of a build may ask for and is not done yet.
    pub(super) fn check_root(&self, files: &SourceMap) -> Result<(), KustomizeError> {
        let known = ["originAnnotations", "transformerAnnotations", "managedByLabel"];
        match self.build_metadata.iter().find(|entry| known.contains(&entry.value.as_str())) {
            None => Ok(()),
            Some(entry) => Err(KustomizeError::not_supported(
                format!("buildMetadata: {}", entry.value),
                files.describe(entry.position),
            )),
        }
    }

    fn set(&mut self, field: Field, decoder: Decoder) -> Result<(), KustomizeError> {
        let (name, node) = field;
        let mut has_content = true;
        match name {
            "kind" => {
                self.kind = decode_kind(field, decoder)?;
                has_content = false;
            }
            "metadata" => decode_metadata(node, decoder)?,
            "namePrefix" => self.name_prefix = decoder.string(field)?,
            "nameSuffix" => self.name_suffix = decoder.string(field)?,
            "namespace" => self.namespace = decoder.string(field)?,
            "commonLabels" => self.common_labels = decoder.string_map(field)?,
            "commonAnnotations" => self.common_annotations = decoder.string_map(field)?,
            "labels" => self.labels = each(field, decoder, decode_label)?,
            "patchesStrategicMerge" => self.patches_strategic_merge = decoder.strings(field)?,
            "patchesJson6902" => self.patches_json6902 = each(field, decoder, decode_patch)?,
            "patches" => self.patches = each(field, decoder, decode_patch)?,
            "images" => self.images = each(field, decoder, decode_image)?,
            "imageTags" => {
                self.image_tags = each(field, decoder, decode_image)?;
                has_content = !self.image_tags.is_empty();
            }
            "replicas" => self.replicas = each(field, decoder, decode_replica)?,
            "sortOptions" => self.sort_options = Some(decode_sort_options(node, decoder)?),
            "resources" => self.resources = decoder.strings(field)?,
            "bases" => {
                self.bases = decoder.strings(field)?;
                has_content = !self.bases.is_empty();
            }
            "components" => self.components = decoder.strings(field)?,
            "configMapGenerator" => {
                self.config_maps = each(field, decoder, decode_config_map)?;
            }
            "secretGenerator" => self.secrets = each(field, decoder, decode_secret)?,
            "generatorOptions" => {
                self.generator_options = Some(decode_generator_options(node, decoder)?);
            }
            "buildMetadata" => self.build_metadata = decoder.strings(field)?,
            _ => refuse(field, decoder)?,
        }
        let blank = node.as_str().is_some_and(str::is_empty);
        self.has_content |= has_content && !blank;
        Ok(())
    }
}

/// Fields that are not done yet: nothing in them is fine, anything else is refused.
fn refuse((name, node): Field, decoder: Decoder) -> Result<(), KustomizeError> {
    let nothing = node.as_sequence().is_some_and(<[Node]>::is_empty)
        || node.as_mapping().is_some_and(crate::yaml::Mapping::is_empty);
    if nothing { Ok(()) } else { Err(KustomizeError::not_supported(name, decoder.place(node))) }
}

fn each<T>(
    field: Field,
    decoder: Decoder,
    decode: impl Fn(&Node, Decoder) -> Result<T, KustomizeError>,
) -> Result<Vec<T>, KustomizeError> {
    decoder.list(field)?.iter().map(|item| decode(item, decoder)).collect()
}

fn decode_kind(field: Field, decoder: Decoder) -> Result<Kind, KustomizeError> {
    match decoder.string(field)?.as_str() {
        "" | "Kustomization" => Ok(Kind::Kustomization),
        "Component" => Ok(Kind::Component),
        other => Err(KustomizeError::invalid(
            decoder.place(field.1),
            format!("kind must be Kustomization or Component, not {other}"),
        )),
    }
}

fn decode_metadata(node: &Node, decoder: Decoder) -> Result<(), KustomizeError> {
    for field in
        decoder.fields(node, "metadata", &["name", "namespace", "labels", "annotations"])?
    {
        match field.0 {
            "name" | "namespace" => drop(decoder.string(field)?),
            _ => drop(decoder.string_map(field)?),
        }
    }
    Ok(())
}

fn decode_label(node: &Node, decoder: Decoder) -> Result<Label, KustomizeError> {
    const FIELDS: &[&str] =
        &["pairs", "includeSelectors", "includeTemplates", "includeVolumeClaimTemplates", "fields"];
    let mut label = Label { position: node.position, ..Label::default() };
    for field in decoder.fields(node, "labels", FIELDS)? {
        match field.0 {
            "pairs" => label.pairs = decoder.string_map(field)?,
            "includeSelectors" => label.include_selectors = decoder.boolean(field)?,
            "includeTemplates" => label.include_templates = decoder.boolean(field)?,
            "includeVolumeClaimTemplates" => {
                label.include_volume_claim_templates = decoder.boolean(field)?;
            }
            _ => label.fields = each(field, decoder, decode_label_field)?,
        }
    }
    Ok(label)
}

fn decode_label_field(node: &Node, decoder: Decoder) -> Result<LabelField, KustomizeError> {
    let mut spec = LabelField::default();
    for field in decoder.fields(node, "fields", &["group", "version", "kind", "path", "create"])? {
        match field.0 {
            "group" => spec.group = decoder.string(field)?,
            "version" => spec.version = decoder.string(field)?,
            "kind" => spec.kind = decoder.string(field)?,
            "path" => spec.path = decoder.string(field)?,
            _ => spec.create = decoder.boolean(field)?,
        }
    }
    Ok(spec)
}

/// Decodes one patch; its target is left to the code that matches it.
pub(super) fn decode_patch(node: &Node, decoder: Decoder) -> Result<PatchEntry, KustomizeError> {
    let mut entry = PatchEntry { position: node.position, ..PatchEntry::default() };
    for field in decoder.fields(node, "patches", &["path", "patch", "target", "options"])? {
        match field.0 {
            "path" => entry.path = decoder.string(field)?,
            "patch" => {
                entry.patch = decoder.string(field)?;
                entry.patch_position = field.1.position;
            }
            "target" => entry.target = Some(field.1.clone()),
            _ => {
                let known = &["allowNameChange", "allowKindChange"];
                for option in decoder.fields(field.1, "options", known)? {
                    match option.0 {
                        "allowNameChange" => entry.allow_name_change = decoder.boolean(option)?,
                        _ => entry.allow_kind_change = decoder.boolean(option)?,
                    }
                }
            }
        }
    }
    Ok(entry)
}

fn decode_image(node: &Node, decoder: Decoder) -> Result<Image, KustomizeError> {
    let known = &["name", "newName", "tagSuffix", "newTag", "digest"];
    let mut image = Image::default();
    for field in decoder.fields(node, "images", known)? {
        let text = decoder.string(field)?;
        match field.0 {
            "name" => image.name = text,
            "newName" => image.new_name = text,
            "tagSuffix" => image.tag_suffix = text,
            "newTag" => image.new_tag = text,
            _ => image.digest = text,
        }
    }
    Ok(image)
}

fn decode_replica(node: &Node, decoder: Decoder) -> Result<Replica, KustomizeError> {
    let mut replica = Replica { position: node.position, ..Replica::default() };
    for field in decoder.fields(node, "replicas", &["name", "count"])? {
        match field.0 {
            "name" => replica.name = decoder.string(field)?,
            _ => replica.count = decoder.integer(field)?,
        }
    }
    Ok(replica)
}

fn decode_config_map(node: &Node, decoder: Decoder) -> Result<Generator, KustomizeError> {
    const FIELDS: &[&str] =
        &["name", "namespace", "behavior", "literals", "files", "envs", "env", "options"];
    decode_generator(node, decoder, "configMapGenerator", FIELDS)
}

fn decode_secret(node: &Node, decoder: Decoder) -> Result<Generator, KustomizeError> {
    const FIELDS: &[&str] =
        &["name", "namespace", "behavior", "literals", "files", "envs", "env", "options", "type"];
    decode_generator(node, decoder, "secretGenerator", FIELDS)
}

fn decode_generator(
    node: &Node,
    decoder: Decoder,
    owner: &'static str,
    known: &'static [&'static str],
) -> Result<Generator, KustomizeError> {
    let mut generator = Generator { position: node.position, ..Generator::default() };
    let mut env = None;
    for field in decoder.fields(node, owner, known)? {
        match field.0 {
            "name" => generator.name = decoder.string(field)?,
            "namespace" => generator.namespace = decoder.string(field)?,
            "behavior" => generator.behavior = decoder.string(field)?,
            "literals" => generator.literals = decoder.strings(field)?,
            "files" => generator.files = decoder.strings(field)?,
            "envs" => generator.envs = decoder.strings(field)?,
            "env" => {
                env = Some(Located { value: decoder.string(field)?, position: field.1.position });
            }
            "options" => {
                generator.options = Some(decode_generator_options(field.1, decoder)?);
            }
            _ => generator.secret_type = decoder.string(field)?,
        }
    }
    generator.envs.extend(env.filter(|env| !env.value.is_empty()));
    Ok(generator)
}

fn decode_generator_options(
    node: &Node,
    decoder: Decoder,
) -> Result<GeneratorOptions, KustomizeError> {
    let known = &["labels", "annotations", "disableNameSuffixHash", "immutable"];
    let mut options = GeneratorOptions::default();
    for field in decoder.fields(node, "generatorOptions", known)? {
        match field.0 {
            "labels" => options.labels = decoder.string_map(field)?,
            "annotations" => options.annotations = decoder.string_map(field)?,
            "disableNameSuffixHash" => options.disable_name_suffix_hash = decoder.boolean(field)?,
            _ => options.immutable = decoder.boolean(field)?,
        }
    }
    Ok(options)
}

fn decode_sort_options(node: &Node, decoder: Decoder) -> Result<SortOptions, KustomizeError> {
    let mut options = SortOptions { position: node.position, ..SortOptions::default() };
    for field in decoder.fields(node, "sortOptions", &["order", "legacySortOptions"])? {
        if field.0 == "order" {
            options.order = decoder.string(field)?;
            continue;
        }
        let mut legacy = LegacySortOptions::default();
        for field in decoder.fields(field.1, "legacySortOptions", &["orderFirst", "orderLast"])? {
            let kinds = decoder.strings(field)?.into_iter().map(|kind| kind.value).collect();
            match field.0 {
                "orderFirst" => legacy.order_first = kinds,
                _ => legacy.order_last = kinds,
            }
        }
        options.legacy = Some(legacy);
    }
    Ok(options)
}

#[cfg(test)]
#[path = "kustomization_tests.rs"]
mod tests;
