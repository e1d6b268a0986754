//! Which objects are hooks: Argo CD's and Helm's annotations, read but not acted upon.
//!
//! When hooks run and when they are deleted is decided where operations are planned.

use crate::yaml::Node;

/// Argo CD's hook annotation.
pub const HOOK_ANNOTATION: &str = "argocd.argoproj.io/hook";
/// Helm's hook annotation.
pub const HELM_HOOK_ANNOTATION: &str = "helm.sh/hook";

const ARGO_HOOKS: &[&str] = &["PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete"];
const HELM_HOOKS: &[&str] =
    &["pre-install", "pre-upgrade", "post-install", "post-upgrade", "pre-delete", "post-delete"];

/// What the hook annotations make of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookRole {
    /// An ordinary object.
    None,
    /// A hook that operations run.
    Hook,
    /// A hook of kinds nobody knows: dropped, as Argo CD does.
    Unknown,
    /// `Skip`: neither applied nor compared.
    Skip,
}

/// What the hook annotations make of `object`. Argo CD's annotation wins over Helm's.
pub fn hook_role(object: &Node) -> HookRole {
    if object.annotation(HOOK_ANNOTATION).is_some() {
        return argo_role(object);
    }
    if object.annotation(HELM_HOOK_ANNOTATION).is_none_or(|value| value == "crd-install") {
        return HookRole::None;
    }
    let known = object.annotation_list(HELM_HOOK_ANNOTATION).any(|hook| HELM_HOOKS.contains(&hook));
    if known { HookRole::Hook } else { HookRole::Unknown }
}

fn argo_role(object: &Node) -> HookRole {
    let hooks: Vec<&str> = object.annotation_list(HOOK_ANNOTATION).collect();
    if hooks == ["Skip"] {
        return HookRole::Skip;
    }
    let known = hooks.iter().any(|hook| ARGO_HOOKS.contains(hook));
    if known { HookRole::Hook } else { HookRole::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_decide_the_role() {
        let check = |annotation: &str, value: &str, role: HookRole| {
            let mut object = Node::mapping();
            object.set_annotation(annotation, value);
            assert_eq!(hook_role(&object), role, "{annotation}: {value}");
        };
        check(HOOK_ANNOTATION, "PreSync", HookRole::Hook);
        check(HOOK_ANNOTATION, "Skip", HookRole::Skip);
        check(HOOK_ANNOTATION, "PreSync, Skip", HookRole::Hook);
        check(HOOK_ANNOTATION, "Whenever", HookRole::Unknown);
        check(HELM_HOOK_ANNOTATION, "pre-install,pre-upgrade", HookRole::Hook);
        check(HELM_HOOK_ANNOTATION, "test", HookRole::Unknown);
        check(HELM_HOOK_ANNOTATION, "crd-install", HookRole::None);
        check("other", "PreSync", HookRole::None);
    }
}
