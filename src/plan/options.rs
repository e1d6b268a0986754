//! Sync options in force: those of the Application and those annotated on single objects.
//!
//! Spellings and precedence are those of Argo CD 3.5. An option that nobody knows is named in
//! a warning, where Argo CD is silent.

use crate::model::SyncPolicy;
use crate::model::sync_policy::{FieldValidation, Propagation};
use crate::yaml::Node;

/// Annotation that holds the options of one object.
pub const SYNC_OPTIONS_ANNOTATION: &str = "argocd.argoproj.io/sync-options";

/// Every option Argo CD 3.5 reads or defines.
const KNOWN_OPTIONS: [&str; 22] = [
    "ApplyOutOfSyncOnly=false",
    "ApplyOutOfSyncOnly=true",
    "ClientSideApplyMigration=false",
    "CreateNamespace=true",
    "Delete=confirm",
    "Delete=false",
    "FailOnSharedResource=true",
    "Force=true",
    "Prune=confirm",
    "Prune=false",
    "PruneLast=true",
    "PrunePropagationPolicy=background",
    "PrunePropagationPolicy=foreground",
    "PrunePropagationPolicy=orphan",
    "Replace=false",
    "Replace=true",
    "RespectIgnoreDifferences=true",
    "ServerSideApply=false",
    "ServerSideApply=true",
    "SkipDryRunOnMissingResource=true",
    "Validate=false",
    "Validate=true",
];

/// The options in force for one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncOptions {
    entries: Vec<String>,
}

/// How an object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyMethod {
    /// Three-way patch computed here, last-applied annotation kept.
    ClientSide,
    /// Server-side apply.
    ServerSide,
    /// The whole object, replacing what is there.
    Replace,
}

/// Whether objects that left Git may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// They may.
    Allowed,
    /// `=false`: never.
    Never,
    /// `=confirm`: after somebody said so.
    Confirm,
}

impl SyncOptions {
    /// Takes the options of an operation.
    pub fn new(options: &[String]) -> Self {
        let trimmed = options.iter().map(|option| option.trim().to_owned());
        Self { entries: trimmed.filter(|option| !option.is_empty()).collect() }
    }

    /// The options of a sync policy.
    pub fn of_policy(policy: &SyncPolicy) -> Self {
        Self::new(&policy.sync_options)
    }

    /// The options as they are recorded in an operation.
    pub fn to_vec(&self) -> Vec<String> {
        self.entries.clone()
    }

    /// Whether exactly `option` is set.
    pub fn has(&self, option: &str) -> bool {
        self.entries.iter().any(|entry| entry == option)
    }

    /// Adds `option` and drops what was set under the same name.
    pub fn set(&mut self, option: &str) {
        let name = option.split('=').next().unwrap_or(option);
        self.entries.retain(|entry| entry.split('=').next() != Some(name));
        self.entries.push(option.to_owned());
    }

    /// One sentence for every option that does not exist.
    pub fn warnings(&self) -> Vec<String> {
        let unknown = self.entries.iter().filter(|entry| !KNOWN_OPTIONS.contains(&entry.as_str()));
        unknown.map(|entry| format!("unknown sync option \"{entry}\"")).collect()
    }

    /// What happens to dependents of pruned objects; foreground unless told otherwise.
    pub fn prune_propagation(&self) -> Propagation {
        if self.has("PrunePropagationPolicy=background") {
            Propagation::Background
        } else if self.has("PrunePropagationPolicy=orphan") {
            Propagation::Orphan
        } else {
            Propagation::Foreground
        }
    }

    /// How `target` is written over `live`: Replace, then server-side, then client-side.
    pub fn apply_method(&self, target: &Node, live: Option<&Node>) -> ApplyMethod {
        let annotated = |option| {
            object_has(target, option) || live.is_some_and(|object| object_has(object, option))
        };
        if self.has("Replace=true") || annotated("Replace=true") {
            ApplyMethod::Replace
        } else if object_has(target, "ServerSideApply=true")
            || (self.has("ServerSideApply=true") && !object_has(target, "ServerSideApply=false"))
        {
            ApplyMethod::ServerSide
        } else {
            ApplyMethod::ClientSide
        }
    }

    /// What the server does with unknown fields of `target`.
    pub fn field_validation(&self, target: &Node) -> FieldValidation {
        if self.has("Validate=false") || object_has(target, "Validate=false") {
            FieldValidation::Ignore
        } else {
            FieldValidation::Strict
        }
    }

    /// Whether a kind that is not served yet is tolerated for `target`.
    pub fn tolerates_missing_kind(&self, target: &Node) -> bool {
        const OPTION: &str = "SkipDryRunOnMissingResource=true";
        self.has(OPTION) || object_has(target, OPTION)
    }

    /// Whether `live` may be pruned; its annotation wins over the Application's options.
    pub fn pruning(&self, live: &Node) -> Removal {
        self.removal(live, "Prune=false", "Prune=confirm")
    }

    /// Whether `live` may go with its Application; its annotation wins.
    pub fn deletion(&self, live: &Node) -> Removal {
        self.removal(live, "Delete=false", "Delete=confirm")
    }

    /// Whether `live` is pruned after everything else.
    pub fn prunes_last(&self, live: &Node) -> bool {
        self.has("PruneLast=true") || object_has(live, "PruneLast=true")
    }

    fn removal(&self, live: &Node, never: &str, confirm: &str) -> Removal {
        if object_has(live, never) {
            Removal::Never
        } else if object_has(live, confirm) {
            Removal::Confirm
        } else if self.has(never) {
            Removal::Never
        } else if self.has(confirm) {
            Removal::Confirm
        } else {
            Removal::Allowed
        }
    }
}

/// Whether exactly `option` is annotated on `object`.
pub fn object_has(object: &Node, option: &str) -> bool {
    object.annotation_list(SYNC_OPTIONS_ANNOTATION).any(|entry| entry == option)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(options: &str) -> Node {
        let mut node = Node::mapping();
        node.set_annotation(SYNC_OPTIONS_ANNOTATION, options);
        node
    }

    fn options(entries: &[&str]) -> SyncOptions {
        SyncOptions::new(&entries.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn replace_beats_server_side_apply_beats_client_side_apply() {
        let check = |application: &[&str], annotated: &str, expected| {
            let method = options(application).apply_method(&object(annotated), None);
            assert_eq!(method, expected, "{application:?} {annotated}");
        };
        check(&[], "", ApplyMethod::ClientSide);
        check(&["ServerSideApply=true"], "", ApplyMethod::ServerSide);
        check(&["ServerSideApply=true"], "ServerSideApply=false", ApplyMethod::ClientSide);
        check(&["ServerSideApply=true"], "Validate=false, Replace=true", ApplyMethod::Replace);
        check(&["Replace=true"], "ServerSideApply=true", ApplyMethod::Replace);
    }

    #[test]
    fn an_annotation_wins_over_the_application_when_pruning() {
        let check = |application: &[&str], annotated: &str, expected| {
            assert_eq!(options(application).pruning(&object(annotated)), expected);
        };
        check(&[], "", Removal::Allowed);
        check(&["Prune=false"], "", Removal::Never);
        check(&["Prune=false"], "Prune=confirm", Removal::Confirm);
        check(&["Prune=confirm"], "Prune=false", Removal::Never);
        check(&["Delete=false"], "", Removal::Allowed);
    }

    #[test]
    fn an_unknown_option_is_named() {
        let warnings = options(&["CreateNamespace=true", "createNamespace=true"]).warnings();
        assert_eq!(warnings, ["unknown sync option \"createNamespace=true\""]);
    }

    #[test]
    fn setting_an_option_replaces_its_other_values() {
        let mut options = options(&["ServerSideApply=false", "CreateNamespace=true"]);
        options.set("ServerSideApply=true");
        assert_eq!(options.to_vec(), ["CreateNamespace=true", "ServerSideApply=true"]);
    }
}
