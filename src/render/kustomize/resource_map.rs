//! The resources of one build step in order, and indexes over their ids, so that no step looks
//! at every resource for every resource.

use std::collections::HashMap;

use super::resource::Resource;
use super::resource_id::ResourceId;

/// The resources of one build step, in order.
#[derive(Debug, Default)]
pub(super) struct ResourceMap {
    resources: Vec<Resource>,
    /// Present ids; dropped as soon as somebody may have changed one.
    by_id: Option<HashMap<ResourceId, usize>>,
}

/// Two resources with the same present id.
#[derive(Debug)]
pub(super) struct Duplicate {
    pub(super) id: ResourceId,
    pub(super) first: Box<Resource>,
    pub(super) second: Box<Resource>,
}

impl ResourceMap {
    /// The resources in order.
    pub(super) fn as_slice(&self) -> &[Resource] {
        &self.resources
    }

    /// The resources for changing.
    pub(super) fn as_mut_slice(&mut self) -> &mut [Resource] {
        self.by_id = None;
        &mut self.resources
    }

    /// Puts another resource with the same id at `place`.
    pub(super) fn replace(&mut self, place: usize, resource: Resource) {
        debug_assert_eq!(self.resources[place].id(), resource.id());
        self.resources[place] = resource;
    }

    /// The resources, taken out.
    pub(super) fn into_vec(self) -> Vec<Resource> {
        self.resources
    }

    /// Appends one resource; its id must be new.
    pub(super) fn append(&mut self, resource: Resource) -> Result<(), Duplicate> {
        let by_id = self.by_id.get_or_insert_with(|| {
            let ids = self.resources.iter().enumerate();
            ids.map(|(index, resource)| (resource.id(), index)).collect()
        });
        let id = resource.id();
        if let Some(first) = by_id.get(&id) {
            let first = Box::new(self.resources[*first].clone());
            return Err(Duplicate { id, first, second: Box::new(resource) });
        }
        by_id.insert(id, self.resources.len());
        self.resources.push(resource);
        Ok(())
    }

    /// Appends all resources of `other`; their ids must be new.
    pub(super) fn append_all(&mut self, other: Self) -> Result<(), Duplicate> {
        if self.resources.is_empty() && other.by_id.is_some() {
            *self = other;
            return Ok(());
        }
        other.resources.into_iter().try_for_each(|resource| self.append(resource))
    }

    /// Checks that all present ids differ.
    pub(super) fn check_unique(&mut self) -> Result<(), Duplicate> {
        let mut by_id = HashMap::with_capacity(self.resources.len());
        let left = self.resources.iter().enumerate().filter(|(_, resource)| !resource.is_empty());
        for (place, resource) in left {
            let id = resource.id();
            if let Some(first) = by_id.get(&id) {
                let [first, second] = [*first, place].map(|p| Box::new(self.resources[p].clone()));
                return Err(Duplicate { id, first, second });
            }
            by_id.insert(id, place);
        }
        self.by_id = Some(by_id);
        Ok(())
    }

    /// Drops the resources of which nothing is left.
    pub(super) fn drop_empty(&mut self) {
        if self.resources.iter().any(Resource::is_empty) {
            self.by_id = None;
            self.resources.retain(|resource| !resource.is_empty());
        }
    }

    /// Keeps the resources for which `keep` answers true.
    pub(super) fn retain(&mut self, keep: impl FnMut(&Resource) -> bool) {
        self.by_id = None;
        self.resources.retain(keep);
    }
}

/// Resources by every id they have or had.
#[derive(Debug, Default)]
pub(super) struct AnyIdIndex {
    by_id: HashMap<ResourceId, Vec<usize>>,
}

impl AnyIdIndex {
    /// Indexes `resources`.
    pub(super) fn new(resources: &[Resource]) -> Self {
        let mut index = Self::default();
        for (place, resource) in resources.iter().enumerate() {
            index.add(place, resource);
        }
        index
    }

    /// The places of the resources that have or had `id`, in order.
    pub(super) fn get(&self, id: &ResourceId) -> &[usize] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
    }

    /// Adds the resource at `place`, or what is new about it.
    pub(super) fn add(&mut self, place: usize, resource: &Resource) {
        for id in resource.all_ids() {
            let places = self.by_id.entry(id).or_default();
            if let Err(slot) = places.binary_search(&place) {
                places.insert(slot, place);
            }
        }
    }

    /// Forgets the ids that the resource at `place` had.
    pub(super) fn remove(&mut self, place: usize, ids: &[ResourceId]) {
        for id in ids {
            if let Some(places) = self.by_id.get_mut(id) {
                places.retain(|known| *known != place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    fn resource(name: &str) -> Resource {
        let json =
            format!(r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"{name}"}}}}"#);
        Resource::new(serde_json::from_str(&json).unwrap(), Origin::default())
    }

    #[test]
    fn an_id_can_be_appended_once() {
        let mut map = ResourceMap::default();
        map.append(resource("a")).unwrap();
        map.append(resource("b")).unwrap();
        assert!(map.append(resource("a")).is_err());
        map.as_mut_slice()[0].set_name("c");
        map.append(resource("a")).unwrap();
        assert_eq!(map.as_slice().len(), 3);
    }

    #[test]
    fn renames_can_make_ids_collide() {
        let mut map = ResourceMap::default();
        map.append(resource("a")).unwrap();
        map.append(resource("b")).unwrap();
        map.as_mut_slice()[1].set_name("a");
        assert!(map.check_unique().is_err());
    }

    #[test]
    fn the_index_finds_former_ids() {
        let mut renamed = resource("a");
        renamed.store_previous_id();
        renamed.set_name("b");
        let index = AnyIdIndex::new(&[renamed.clone(), resource("c")]);
        assert_eq!(index.get(&resource("a").id()), [0]);
        assert_eq!(index.get(&renamed.id()), [0]);
        assert!(index.get(&resource("d").id()).is_empty());
    }
}
