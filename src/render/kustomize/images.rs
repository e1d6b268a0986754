//! `images`: new names, tags and digests for images, as kustomize v5.8.2 sets them, twice: first
//! in every list called `containers` or `initContainers`, then in the fields of its table.

use regex::Regex;

use super::field_path::Missing;
use super::field_specs::{FieldSpec, IMAGES, PreparedSpec};
use super::kustomization::Image;
use super::metadata::ResourceError;
use super::resource::set_scalar_text;
use super::resource_id::{GroupVersionKind, scalar_text};
use super::resource_map::ResourceMap;
use crate::model::ImageReference;
use crate::yaml::{Node, Value};

/// What may follow the name of an image: a tag and a digest of any algorithm.
const TAG_AND_DIGEST: &str =
    "(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$";

/// Applies all entries in order.
pub(super) fn set_images(map: &mut ResourceMap, images: &[Image]) -> Result<(), ResourceError> {
    // A name is a regular expression; one that is none matches nothing.
    let changes: Vec<(Regex, &Image)> = images
        .iter()
        .filter_map(|image| {
            let pattern = Regex::new(&format!("^{}{TAG_AND_DIGEST}", image.name));
            Some((pattern.ok()?, image))
        })
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    let specs: Vec<_> = IMAGES.into_iter().map(FieldSpec::prepare).collect();
    for resource in map.as_mut_slice() {
        let gvk = GroupVersionKind::of(&resource.node);
        if &*gvk.kind == "CustomResourceDefinition" || !mentions_images(&resource.node) {
            continue;
        }
        let mut change =
            |change: &(Regex, &Image)| set_image(&mut resource.node, &gvk, &specs, change);
        changes
            .iter()
            .try_for_each(&mut change)
            .map_err(|message| (Box::new(resource.clone()), message))?;
    }
    Ok(())
}

/// Whether there is any list that may hold images.
fn mentions_images(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(mapping) => mapping.iter().any(|(key, value)| {
            matches!(&**key, "containers" | "initContainers" | "volumes") || mentions_images(value)
        }),
        Value::Sequence(items) => items.iter().any(mentions_images),
        _ => false,
    }
}

fn set_image(
    node: &mut Node,
    gvk: &GroupVersionKind,
    specs: &[PreparedSpec<'_>],
    (pattern, image): &(Regex, &Image),
) -> Result<(), String> {
    let mut set = |field: &mut Node| update(field, pattern, image);
    walk_containers(node, &mut set)?;
    specs.iter().try_for_each(|spec| spec.visit(gvk, node, Missing::Skip, &mut set))
}

fn walk_containers(
    node: &mut Node,
    set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<(), String> {
    match &mut node.value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping.iter_mut() {
                walk_containers(value, set)?;
                if matches!(&**key, "containers" | "initContainers") {
                    set_in_containers(value, set)?;
                }
            }
            Ok(())
        }
        Value::Sequence(items) => items.iter_mut().try_for_each(|item| walk_containers(item, set)),
        _ => Ok(()),
    }
}

fn set_in_containers(
    containers: &mut Node,
    set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<(), String> {
    for container in containers.as_sequence_mut().into_iter().flatten() {
        match &mut container.value {
            Value::Null => {}
            Value::Mapping(mapping) => mapping.get_mut("image").map_or(Ok(()), &mut *set)?,
            _ => return Err("every container must be a map".to_owned()),
        }
    }
    Ok(())
}

fn update(field: &mut Node, pattern: &Regex, image: &Image) -> Result<(), String> {
    if matches!(field.value, Value::Mapping(_) | Value::Sequence(_)) {
        return Err("`image` must be a string".to_owned());
    }
    let old = scalar_text(field);
    if field.is_null() || !pattern.is_match(&old) {
        return Ok(());
    }
    set_scalar_text(field, &replaced(&old, image));
    Ok(())
}

fn replaced(old: &str, image: &Image) -> String {
    let reference = ImageReference::parse(old);
    let name = if image.new_name.is_empty() { reference.name } else { &image.new_name };
    let suffixed = format!("{}{}", reference.tag, image.tag_suffix);
    let (tag, digest) = match (&*image.new_tag, &*image.digest) {
        ("", "") if image.tag_suffix.is_empty() => (reference.tag, reference.digest),
        ("", "") => (suffixed.as_str(), ""),
        (tag, digest) => (tag, digest),
    };
    let mut result = name.to_owned();
    for (mark, part) in [(':', tag), ('@', digest)] {
        if !part.is_empty() {
            result.push(mark);
            result.push_str(part);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, change: &Image, expected: &str) {
        assert_eq!(replaced(old, change), expected, "{old}");
    }

    #[test]
    fn a_tag_drops_the_digest_and_a_digest_the_tag() {
        let tag = Image { new_tag: "2".into(), ..Image::default() };
        let digest = Image { digest: "sha256:cd".into(), ..Image::default() };
        let both = Image { new_tag: "2".into(), digest: "sha256:cd".into(), ..Image::default() };
        check("app:1@sha256:ab", &tag, "app:2");
        check("app:1@sha256:ab", &digest, "app@sha256:cd");
        check("app", &both, "app:2@sha256:cd");
    }

    #[test]
    fn a_new_name_keeps_tag_and_digest() {
        let name = Image { new_name: "host:5000/app".into(), ..Image::default() };
        check("nginx:1@sha256:ab", &name, "host:5000/app:1@sha256:ab");
    }

    #[test]
    fn a_suffix_is_appended_to_the_tag() {
        let suffix = Image { tag_suffix: "-dbg".into(), ..Image::default() };
        check("app:1@sha256:ab", &suffix, "app:1-dbg");
    }
}
