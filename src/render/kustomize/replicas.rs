//! `replicas`: counts by name, found by any name a workload has or had, as kustomize v5.8.2.

use std::collections::HashMap;

use super::error::KustomizeError;
use super::field_path::Missing;
use super::field_specs::{FieldSpec, REPLICAS};
use super::kustomization::Replica;
use super::resource::Resource;
use super::resource_id::GroupVersionKind;
use super::resource_map::ResourceMap;
use crate::yaml::{Node, SourceMap, Text, Value};

/// Sets all counts; a name that no workload has is an error.
pub(super) fn set_replicas(
    map: &mut ResourceMap,
    replicas: &[Replica],
    files: &SourceMap,
) -> Result<(), KustomizeError> {
    if replicas.is_empty() {
        return Ok(());
    }
    let by_name = places_by_name(map.as_slice());
    let specs: Vec<_> = REPLICAS.into_iter().map(FieldSpec::prepare).collect();
    let resources = map.as_mut_slice();
    for replica in replicas {
        let mut found = false;
        let places = by_name.get(replica.name.as_str()).map_or(&[][..], Vec::as_slice);
        for (place, gvk) in places {
            let resource = &mut resources[*place];
            let present = GroupVersionKind::of(&resource.node);
            for spec in specs.iter().filter(|spec| gvk.is_selected(&spec.selector)) {
                found = true;
                let mut set = |field: &mut Node| set_count(field, replica.count);
                spec.visit(&present, &mut resource.node, Missing::CreateScalar, &mut set).map_err(
                    |message| {
                        let place = files.describe(resource.origin.position);
                        KustomizeError::object(place, resource.describe(), message)
                    },
                )?;
            }
        }
        if !found {
            return Err(not_found(replica, files));
        }
    }
    Ok(())
}

/// Places and group, version and kind by each name a resource has or had.
fn places_by_name(resources: &[Resource]) -> HashMap<Text, Vec<(usize, GroupVersionKind)>> {
    let mut by_name: HashMap<Text, Vec<_>> = HashMap::new();
    for (place, resource) in resources.iter().enumerate() {
        for id in resource.all_ids() {
            let places = by_name.entry(id.name).or_default();
            if !places.contains(&(place, id.gvk.clone())) {
                places.push((place, id.gvk));
            }
        }
    }
    by_name
}

fn set_count(field: &mut Node, count: i64) -> Result<(), String> {
    if matches!(field.value, Value::Mapping(_) | Value::Sequence(_)) {
        return Err("`replicas` must be a number".to_owned());
    }
    field.value = Value::Number(count.into());
    Ok(())
}

fn not_found(replica: &Replica, files: &SourceMap) -> KustomizeError {
    let message = format!(
        "no Deployment, StatefulSet, ReplicaSet or ReplicationController is called `{}`; correct \
         the name in `replicas` or remove the entry",
        replica.name
    );
    KustomizeError::invalid(files.describe(replica.position), message)
}
