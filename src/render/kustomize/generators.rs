//! `configMapGenerator` and `secretGenerator`: what they make, and how it joins what is there.
//! Matches kustomize v5.8.2, broken base64 lines included.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::KustomizeError;
use super::key_values::{self, ReadFile};
use super::kustomization::{Generator, GeneratorOptions, Kustomization};
use super::resource::{Behavior, Resource, set_field_text, string_entries};
use super::resource_id::scalar_text;
use super::resource_map::{AnyIdIndex, ResourceMap};
use crate::model::Origin;
use crate::yaml::{Mapping, Node, SourceMap, Text};

/// Base64 text that is longer is broken into lines of this length.
const BASE64_LINE: usize = 70;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Product {
    ConfigMap,
    Secret,
}

/// Runs all generators of a kustomization on the resources it has so far.
pub(super) fn run(
    map: &mut ResourceMap,
    kustomization: &Kustomization,
    files: &SourceMap,
    read: &mut ReadFile<'_>,
) -> Result<(), KustomizeError> {
    let config_maps = kustomization.config_maps.iter().map(|g| (Product::ConfigMap, g));
    let secrets = kustomization.secrets.iter().map(|g| (Product::Secret, g));
    let mut generators = config_maps.chain(secrets).peekable();
    if generators.peek().is_none() {
        return Ok(());
    }
    let mut index = AnyIdIndex::new(map.as_slice());
    for (product, generator) in generators {
        if generator.name.is_empty() {
            let place = files.describe(generator.position);
            return Err(KustomizeError::invalid(place, "a generator must have a `name`"));
        }
        let options = merged_options(generator, kustomization.generator_options.as_ref());
        let data = key_values::collect(generator, files, read)?;
        let made = make(product, generator, &options, &data);
        absorb(map, &mut index, made, files)?;
    }
    Ok(())
}

/// The generator's options; those of all generators where it has none of its own. The two
/// switches are on when either is.
fn merged_options(generator: &Generator, global: Option<&GeneratorOptions>) -> GeneratorOptions {
    let mut options = generator.options.clone().unwrap_or_default();
    if let Some(global) = global {
        for (own, all) in
            [(&mut options.labels, &global.labels), (&mut options.annotations, &global.annotations)]
        {
            for (key, value) in all {
                own.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        options.disable_name_suffix_hash |= global.disable_name_suffix_hash;
        options.immutable |= global.immutable;
    }
    options
}

fn make(
    product: Product,
    generator: &Generator,
    options: &GeneratorOptions,
    data: &BTreeMap<String, Vec<u8>>,
) -> Resource {
    let mut node = Node::mapping();
    node.set(&["apiVersion"], "v1");
    let kind = match product {
        Product::ConfigMap => "ConfigMap",
        Product::Secret => "Secret",
    };
    node.set(&["kind"], kind);
    let metadata = node.mapping_at(&["metadata"]);
    set_field_text(metadata, "name", &generator.name);
    if !generator.namespace.is_empty() {
        set_field_text(metadata, "namespace", &generator.namespace);
    }
    if product == Product::Secret {
        let default =
            if generator.secret_type.is_empty() { "Opaque" } else { &generator.secret_type };
        node.set(&["type"], default);
        node.mapping_at(&["data"]);
    }
    for (key, value) in data {
        let (field, text) = match (product, std::str::from_utf8(value)) {
            (Product::ConfigMap, Ok(text)) => ("data", text.to_owned()),
            (Product::ConfigMap, Err(_)) => ("binaryData", encode_base64(value)),
            (Product::Secret, _) => ("data", encode_base64(value)),
        };
        node.set(&[field, key], text);
    }
    for (field, entries) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        for (key, value) in entries {
            node.set(&["metadata", field, key], value.as_str());
        }
    }
    if options.immutable {
        node.set(&["immutable"], true);
    }
    let origin = Origin { position: generator.position, ..Origin::default() };
    let behavior = match generator.behavior.as_str() {
        "merge" => Behavior::Merge,
        "replace" => Behavior::Replace,
        _ => Behavior::Create,
    };
    let needs_hash = !options.disable_name_suffix_hash;
    Resource { needs_hash, behavior, ..Resource::new(node.at(generator.position), origin) }
}

fn encode_base64(value: &[u8]) -> String {
    let encoded = STANDARD.encode(value);
    if encoded.len() < BASE64_LINE {
        return encoded;
    }
    let mut broken = String::with_capacity(encoded.len() + encoded.len() / BASE64_LINE + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(BASE64_LINE));
        broken.push_str(line);
        broken.push('\n');
        rest = more;
    }
    broken
}

/// Appends a generated resource, or merges it with the one that has or had its id.
fn absorb(
    map: &mut ResourceMap,
    index: &mut AnyIdIndex,
    made: Resource,
    files: &SourceMap,
) -> Result<(), KustomizeError> {
    let id = made.id();
    let place = files.describe(made.origin.position);
    let refuse = |message: &str| Err(KustomizeError::object(&*place, id.to_string(), message));
    match (index.get(&id), made.behavior) {
        ([], Behavior::Create) => {
            index.add(map.as_slice().len(), &made);
            let described = id.to_string();
            map.append(made)
                .map_err(|_| KustomizeError::object(&*place, described, "is there already"))
        }
        ([], _) => {
            refuse("is not there, so nothing can be merged or replaced; use behavior create")
        }
        ([_], Behavior::Create) => {
            refuse("is there already; give the generator behavior merge or replace")
        }
        ([old], _) => {
            // The ids stay, so the indexes stay true.
            let merged = merge(&map.as_slice()[*old], made);
            map.replace(*old, merged);
            Ok(())
        }
        _ => refuse("could be merged into several resources; give the generator a namespace"),
    }
}

/// What `made` becomes when it meets `old`.
fn merge(old: &Resource, mut made: Resource) -> Resource {
    for field in ["labels", "annotations"] {
        let path = ["metadata", field];
        let merged = union(old.node.path(&path), made.node.path(&path), string_entries);
        put(made.node.mapping_at(&["metadata"]), field, merged);
    }
    if made.behavior == Behavior::Merge {
        let data = data_of(&old.node);
        let merged = union(data.as_ref(), made.node.get("data"), data_entries);
        put(made.node.mapping_at(&[]), "data", merged);
        let [old_binary, new_binary] = [&old.node, &made.node].map(|node| node.get("binaryData"));
        let binary = union(old_binary, new_binary, data_entries);
        put(made.node.mapping_at(&[]), "binaryData", binary);
    }
    made.set_name(&old.name());
    made.set_namespace(&old.namespace());
    Resource {
        node: made.node,
        previous: old.previous.clone(),
        prefixes: old.prefixes.clone(),
        suffixes: old.suffixes.clone(),
        needs_hash: made.needs_hash && old.needs_hash,
        behavior: old.behavior,
        origin: old.origin.clone(),
    }
}

/// The data of a resource; that of a Secret with its `stringData` folded in.
fn data_of(node: &Node) -> Option<Node> {
    let data = node.get("data").cloned();
    let Some(plain) = node.get("stringData").filter(|_| node.kind() == "Secret") else {
        return data;
    };
    let mut data = data.unwrap_or_else(Node::mapping);
    for (key, value) in data_entries(plain) {
        data.set(&[&key], encode_base64(value.as_bytes()));
    }
    Some(data)
}

/// The entries of both maps, values as strings, sorted; those of `new` win.
fn union<'a, I: Iterator<Item = (Text, Text)>>(
    old: Option<&'a Node>,
    new: Option<&'a Node>,
    entries: impl Fn(&'a Node) -> I,
) -> Mapping {
    let entries = old.into_iter().chain(new).flat_map(entries);
    let merged: BTreeMap<Text, Text> = entries.collect();
    merged.into_iter().map(|(key, value)| (key, value.into())).collect()
}

fn data_entries(node: &Node) -> impl Iterator<Item = (Text, Text)> + '_ {
    let entries = node.as_mapping().into_iter().flat_map(Mapping::iter);
    entries.map(|(key, value)| (key.clone(), scalar_text(value)))
}

/// Sets a field; an empty map takes it away.
fn put(mapping: &mut Mapping, field: &str, value: Mapping) {
    mapping.remove(field);
    if !value.is_empty() {
        mapping.push(field.into(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_base64_is_broken_into_lines() {
        assert_eq!(encode_base64(b"1"), "MQ==");
        let long = encode_base64(&[0; 60]);
        let lines: Vec<_> = long.lines().map(str::len).collect();
        assert_eq!(lines, [70, 10]);
        assert!(long.ends_with('\n'));
    }

    #[test]
    fn own_options_win_over_global_ones_but_switches_add_up() {
        let option = |value: &str, immutable| GeneratorOptions {
            labels: [("k".to_owned(), value.to_owned())].into(),
            immutable,
            ..GeneratorOptions::default()
        };
        let own = Generator { options: Some(option("own", false)), ..Generator::default() };
        let merged = merged_options(&own, Some(&option("global", true)));
        assert_eq!(merged, option("own", true));
    }
}
