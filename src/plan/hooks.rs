//! When a hook runs: Argo CD's annotation, else Helm's, read to the last word. Whether an object
//! is a hook at all is all a comparison needs; see `compare::hooks`.

use std::fmt;

use crate::compare::hooks::{HELM_HOOK_ANNOTATION, HOOK_ANNOTATION};
use crate::yaml::Node;

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookType {
    /// Before everything.
    PreSync,
    /// With the objects.
    Sync,
    /// After all objects are healthy.
    PostSync,
    /// After a failure.
    SyncFail,
    /// Before the Application's objects are deleted.
    PreDelete,
    /// After the Application's objects are deleted.
    PostDelete,
}

/// What an object is to a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookRole {
    /// An ordinary object.
    Resource,
    /// `Skip`: in Git, but neither applied nor compared.
    Skip,
    /// A hook that runs at these times.
    Hook(Vec<HookType>),
    /// A hook of a kind that never runs in a sync (Helm tests, rollbacks, unknown words).
    Dropped,
}

/// What `object` is to a sync.
pub fn hook_role(object: &Node) -> HookRole {
    if object.annotation(HOOK_ANNOTATION).is_some() {
        return argo_role(object);
    }
    helm_role(object)
}

fn argo_role(object: &Node) -> HookRole {
    let mut types = Vec::new();
    let mut words = 0;
    let mut skip = false;
    for word in object.annotation_list(HOOK_ANNOTATION) {
        words += 1;
        skip |= word == "Skip";
        types.extend(argo_type(word));
    }
    match (types.is_empty(), skip, words) {
        (false, ..) => HookRole::Hook(types),
        (true, true, _) => HookRole::Skip,
        (true, false, 0) => HookRole::Resource,
        (true, false, _) => HookRole::Dropped,
    }
}

fn argo_type(word: &str) -> Option<HookType> {
    Some(match word {
        "PreSync" => HookType::PreSync,
        "Sync" => HookType::Sync,
        "PostSync" => HookType::PostSync,
        "SyncFail" => HookType::SyncFail,
        "PreDelete" => HookType::PreDelete,
        "PostDelete" => HookType::PostDelete,
        _ => return None,
    })
}

fn helm_role(object: &Node) -> HookRole {
    let words: Vec<&str> = object.annotation_list(HELM_HOOK_ANNOTATION).collect();
    if words.is_empty() || words.contains(&"crd-install") {
        return HookRole::Resource;
    }
    let mut types: Vec<HookType> = words.into_iter().filter_map(helm_type).collect();
    types.sort_unstable();
    types.dedup();
    if types.is_empty() { HookRole::Dropped } else { HookRole::Hook(types) }
}

fn helm_type(word: &str) -> Option<HookType> {
    Some(match word {
        "pre-install" | "pre-upgrade" => HookType::PreSync,
        "post-install" | "post-upgrade" => HookType::PostSync,
        "pre-delete" => HookType::PreDelete,
        "post-delete" => HookType::PostDelete,
        _ => return None,
    })
}

impl HookType {
    /// Whether a sync runs hooks of this type.
    pub fn runs_in_sync(self) -> bool {
        !matches!(self, Self::PreDelete | Self::PostDelete)
    }
}

impl fmt::Display for HookType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_the_annotations() {
        use HookType::{PostSync, PreSync, Sync};
        let check = |key: &str, value: &str, expected: HookRole| {
            let mut node = Node::mapping();
            node.set_annotation(key, value);
            assert_eq!(hook_role(&node), expected, "{key}: {value}");
        };
        check("a", "b", HookRole::Resource);
        check(HOOK_ANNOTATION, "PreSync, Sync", HookRole::Hook(vec![PreSync, Sync]));
        check(HOOK_ANNOTATION, "Skip", HookRole::Skip);
        check(HOOK_ANNOTATION, "Skip,PostSync", HookRole::Hook(vec![PostSync]));
        check(HOOK_ANNOTATION, "Presync", HookRole::Dropped);
        check(HOOK_ANNOTATION, "", HookRole::Resource);
        check(HELM_HOOK_ANNOTATION, "pre-install,pre-upgrade", HookRole::Hook(vec![PreSync]));
        check(HELM_HOOK_ANNOTATION, "crd-install", HookRole::Resource);
        check(HELM_HOOK_ANNOTATION, "test", HookRole::Dropped);
    }
}
