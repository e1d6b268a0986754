//! Fixing references: a field that holds the old name of a renamed resource gets its new name.
//! The rules are those of kustomize v5.8.2; the candidates come from an index by old name.

use std::collections::{HashMap, HashSet};

use super::error::KustomizeError;
use super::field_path::{self, Missing};
use super::name_reference_table::{Reference, table};
use super::resource::{Resource, set_field_text, set_scalar_text};
use super::resource_id::{GroupVersionKind, PreviousId, ResourceId, scalar_text};
use super::resource_map::ResourceMap;
use crate::yaml::{Node, SourceMap, Text, Value};

/// What has to be known of a resource that may be referred to, or may refer.
struct Party {
    id: ResourceId,
    namespace: Text,
    original_namespace: Text,
    previous: Vec<PreviousId>,
    prefixes: Vec<Text>,
    suffixes: Vec<Text>,
}

/// The resources of a build as they are before references are fixed.
struct Parties {
    all: Vec<Party>,
    by_old_name: HashMap<Text, Vec<usize>>,
    /// Present namespaces, as effective and as written, by original namespace.
    moves: HashMap<Text, HashSet<(Text, Text)>>,
}

/// Fixes all references.
pub(super) fn fix(map: &mut ResourceMap, files: &SourceMap) -> Result<(), KustomizeError> {
    if map.as_slice().iter().all(|resource| resource.previous.is_empty()) {
        return Ok(());
    }
    let parties = Parties::new(map.as_slice());
    let mut by_kind: HashMap<&str, Vec<&Reference>> = HashMap::new();
    let table = table();
    for reference in &table {
        by_kind.entry(reference.referrer.kind).or_default().push(reference);
    }
    for (place, resource) in map.as_mut_slice().iter_mut().enumerate() {
        let referrer = &parties.all[place];
        let original_kind = referrer.previous.first().map_or(&referrer.id.gvk.kind, |id| &id.kind);
        let Some(references) = by_kind.get(&**original_kind) else { continue };
        let original = GroupVersionKind { kind: original_kind.clone(), ..referrer.id.gvk.clone() };
        let mut search = Search::new(&parties, place, &resource.node);
        for reference in references.iter().filter(|row| original.is_selected(&row.referrer)) {
            search.reference = Some(reference);
            fix_field(&mut resource.node, reference, &search).map_err(|message| {
                let place = files.describe(resource.origin.position);
                let field = reference.segments.join("/");
                KustomizeError::object(
                    place,
                    resource.describe(),
                    format!("field `{field}`: {message}"),
                )
            })?;
        }
    }
    Ok(())
}

fn fix_field(node: &mut Node, reference: &Reference, search: &Search<'_>) -> Result<(), String> {
    let segments: Vec<&str> = reference.segments.iter().map(String::as_str).collect();
    field_path::visit(node, &segments, Missing::Skip, &mut |field| match &mut field.value {
        Value::Null => Ok(()),
        Value::Mapping(_) => fix_mapping(field, search),
        Value::Sequence(items) => items.iter_mut().try_for_each(|item| match item.value {
            Value::Mapping(_) => fix_mapping(item, search),
            Value::Sequence(_) => Err("a name cannot be a list".to_owned()),
            _ => fix_scalar(item, search),
        }),
        _ => fix_scalar(field, search),
    })
}

fn fix_scalar(field: &mut Node, search: &Search<'_>) -> Result<(), String> {
    let old = scalar_text(field);
    let candidates = search.candidates(&old);
    let same = |party: &Party, first: &Party| party.id.name == first.id.name;
    if let Some(target) = search.select(candidates, same)?.filter(|target| target.id.name != old) {
        set_scalar_text(field, &target.id.name);
    }
    Ok(())
}

/// A map with `name` and perhaps `namespace`: both follow the resource they name.
fn fix_mapping(field: &mut Node, search: &Search<'_>) -> Result<(), String> {
    let Some(name) = field.get("name") else {
        return Err("there is no `name` in it".to_owned());
    };
    let old = scalar_text(name);
    let mut candidates = search.candidates(&old);
    if let Some(namespace) = field.get("namespace") {
        search.keep_namespace(&mut candidates, &scalar_text(namespace));
    }
    let same = |party: &Party, first: &Party| {
        party.id.name == first.id.name && party.namespace == first.namespace
    };
    let Some(target) = search.select(candidates, same)? else { return Ok(()) };
    if target.id.name == old && target.namespace.is_empty() {
        return Ok(());
    }
    let entries = field.mapping_at(&[]);
    set_field_text(entries, "name", &target.id.name);
    if !target.namespace.is_empty() {
        set_field_text(entries, "namespace", &target.namespace);
    }
    Ok(())
}

impl Parties {
    fn new(resources: &[Resource]) -> Self {
        let all: Vec<Party> = resources.iter().map(Party::new).collect();
        let mut by_old_name: HashMap<Text, Vec<usize>> = HashMap::new();
        let mut moves: HashMap<Text, HashSet<(Text, Text)>> = HashMap::new();
        for (place, party) in all.iter().enumerate() {
            for previous in &party.previous {
                let places = by_old_name.entry(previous.name.clone()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            let now = (party.id.effective_namespace.clone(), party.namespace.clone());
            moves.entry(party.original_namespace.clone()).or_default().insert(now);
        }
        Self { all, by_old_name, moves }
    }
}

impl Party {
    fn new(resource: &Resource) -> Self {
        Self {
            id: resource.id(),
            namespace: resource.namespace(),
            original_namespace: resource.original_id().effective_namespace,
            previous: resource.previous.clone(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
        }
    }

    /// Whether an id it had is of the kind a selector wants.
    fn was(&self, group: &str, version: &str, kind: &str) -> bool {
        let GroupVersionKind { group: own_group, version: own_version, .. } = &self.id.gvk;
        (group.is_empty() || group == &**own_group)
            && (version.is_empty() || version == &**own_version)
            && self.previous.iter().any(|id| kind.is_empty() || kind == &*id.kind)
    }
}

/// The search for what one resource refers to.
struct Search<'a> {
    parties: &'a Parties,
    referrer: &'a Party,
    reference: Option<&'a Reference>,
    /// `apiGroup` and `kind` of its `roleRef`.
    role: Option<(Text, Text)>,
    /// The namespaces that the subjects of a RoleBinding name.
    subject_namespaces: HashSet<Text>,
}

impl<'a> Search<'a> {
    fn new(parties: &'a Parties, place: usize, node: &Node) -> Self {
        let referrer = &parties.all[place];
        let role = ["apiGroup", "kind"].map(|key| node.path(&["roleRef", key]).map(scalar_text));
        let role = match role {
            [Some(group), Some(kind)] => Some((group, kind)),
            _ => None,
        };
        let is_binding = &*referrer.id.gvk.kind == "RoleBinding";
        let subjects = node.get("subjects").filter(|_| is_binding).and_then(Node::as_sequence);
        let accounts =
            subjects.into_iter().flatten().filter(|s| s.str_at(&["kind"]) == "ServiceAccount");
        let subject_namespaces =
            accounts.filter_map(|account| account.get("namespace")?.as_text().cloned()).collect();
        Self { parties, referrer, reference: None, role, subject_namespaces }
    }

    /// The resources that were called `old`, are of the wanted kind and can be seen from the
    /// referrer.
    fn candidates(&self, old: &str) -> Vec<&'a Party> {
        let Some(reference) = self.reference else { return Vec::new() };
        let target = reference.target;
        let role = self.role.as_ref().filter(|_| reference.is_role_ref);
        let places = self.parties.by_old_name.get(old).map_or(&[][..], Vec::as_slice);
        let parties = places.iter().map(|place| &self.parties.all[*place]);
        parties
            .filter(|party| party.was(target.group, target.version, target.kind))
            .filter(|party| role.is_none_or(|(group, kind)| party.was(group, "", kind)))
            .filter(|party| self.sees(party))
            .collect()
    }

    fn sees(&self, target: &Party) -> bool {
        self.referrer.id.is_cluster_scoped()
            || target.id.is_cluster_scoped()
            || self.referrer.id.effective_namespace == target.id.effective_namespace
            || (&*target.id.gvk.kind == "ServiceAccount"
                && self.subject_namespaces.contains(&target.namespace))
    }

    /// Keeps what came from `namespace`; when nothing the referrer may see did, what is there now.
    fn keep_namespace(&self, candidates: &mut Vec<&'a Party>, namespace: &str) {
        let reserved = |party: &Party| party.id.is_cluster_scoped();
        let visible = |(effective, written): &(Text, Text)| {
            self.referrer.id.is_cluster_scoped()
                || *effective == self.referrer.id.effective_namespace
                || self.subject_namespaces.contains(written)
        };
        let moves = self.parties.moves.get(namespace);
        if moves.is_some_and(|moves| moves.iter().any(visible)) {
            candidates.retain(|party| &*party.original_namespace == namespace);
        } else {
            candidates
                .retain(|party| !reserved(party) && &*party.id.effective_namespace == namespace);
        }
    }

    /// The one that is meant, if any; several that cannot be told apart are an error.
    fn select(
        &self,
        mut candidates: Vec<&'a Party>,
        same: impl Fn(&Party, &Party) -> bool,
    ) -> Result<Option<&'a Party>, String> {
        if candidates.len() > 1 {
            candidates.retain(|party| {
                ends_alike_or_blank(&party.prefixes, &self.referrer.prefixes)
                    && ends_alike_or_blank(&party.suffixes, &self.referrer.suffixes)
            });
        }
        if candidates.len() > 1 {
            candidates.retain(|party| {
                ends_alike(&party.prefixes, &self.referrer.prefixes)
                    && ends_alike(&party.suffixes, &self.referrer.suffixes)
            });
        }
        match candidates[..] {
            [] => Ok(None),
            [only] => Ok(Some(only)),
            [first, ..] if candidates.iter().all(|party| same(party, first)) => Ok(Some(first)),
            _ => {
                let ids: Vec<_> = candidates.iter().map(|party| party.id.to_string()).collect();
                Err(format!("several resources could be meant: {}; rename one", ids.join(", ")))
            }
        }
    }
}

fn ends_alike_or_blank(left: &[Text], right: &[Text]) -> bool {
    left.is_empty() || right.is_empty() || ends_alike(left, right)
}

/// Whether the shorter history is the end of the longer; an empty one only of an empty one.
fn ends_alike(left: &[Text], right: &[Text]) -> bool {
    if left.is_empty() || right.is_empty() {
        return left.len() == right.len();
    }
    left.iter().rev().zip(right.iter().rev()).all(|(left, right)| left == right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_history_must_end_the_longer_one() {
        let check = |left: &[&str], right: &[&str], expected: bool| {
            let texts =
                |parts: &[&str]| parts.iter().map(|part| (*part).into()).collect::<Vec<_>>();
            assert_eq!(ends_alike(&texts(left), &texts(right)), expected, "{left:?} {right:?}");
        };
        check(&[], &[], true);
        check(&[], &["a"], false);
        check(&["b"], &["a", "b"], true);
        check(&["a"], &["a", "b"], false);
    }
}
