//! Flags that write fields of an Application: shared by `app create` and `app set`.

use clap::Args;

use crate::cli::error::CommandError;
use crate::yaml::Node;

type CommandResult<T> = Result<T, CommandError>;

/// Flags named after the fields they write.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Application fields")]
pub struct ApplicationFlags {
    /// Git repository URL
    #[arg(long, value_name = "URL")]
    pub repo: Option<String>,
    /// Folder in the repository
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// Branch, tag, commit or semver constraint to sync to
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
    /// API server of the destination cluster
    #[arg(long, value_name = "URL")]
    pub dest_server: Option<String>,
    /// Name of the destination cluster
    #[arg(long, value_name = "NAME")]
    pub dest_name: Option<String>,
    /// Namespace for resources that name none
    #[arg(long, value_name = "NAMESPACE")]
    pub dest_namespace: Option<String>,
    /// Project of the application
    #[arg(long, value_name = "NAME")]
    pub project: Option<String>,
    /// How many deployments to remember
    #[arg(long, value_name = "NUMBER")]
    pub revision_history_limit: Option<u32>,
    /// Start syncs by hand or automatically; an automatic policy keeps prune and self-heal
    #[arg(long, value_name = "POLICY", value_parser = ["manual", "none", "auto", "automated", "automatic"])]
    pub sync_policy: Option<String>,
    /// Delete what is no longer in Git during automatic syncs
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub auto_prune: Option<bool>,
    /// Undo changes made on the cluster
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub self_heal: Option<bool>,
    /// Allow an automatic sync to zero resources
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub allow_empty: Option<bool>,
    /// Add a sync option such as CreateNamespace=true; a leading ! removes one
    #[arg(long, value_name = "OPTION")]
    pub sync_option: Vec<String>,
    /// How often to retry a failed sync; 0 removes the retry, negative is without end
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub sync_retry_limit: Option<i64>,
    /// First wait between retries
    #[arg(long, value_name = "DURATION", default_value = "5s")]
    pub sync_retry_backoff_duration: String,
    /// Growth of the wait per retry
    #[arg(long, value_name = "NUMBER", default_value_t = 2)]
    pub sync_retry_backoff_factor: i64,
    /// Longest wait between retries
    #[arg(long, value_name = "DURATION", default_value = "3m")]
    pub sync_retry_backoff_max_duration: String,
}

impl ApplicationFlags {
    /// Whether any field was given.
    pub fn any(&self) -> bool {
        let texts = [
            &self.repo,
            &self.path,
            &self.revision,
            &self.dest_server,
            &self.dest_name,
            &self.dest_namespace,
            &self.project,
            &self.sync_policy,
        ];
        texts.iter().any(|text| text.is_some())
            || self.revision_history_limit.is_some()
            || self.changes_automation()
            || !self.sync_option.is_empty()
            || self.sync_retry_limit.is_some()
    }

    /// Writes the given fields into `spec`; `position` picks one of several sources, from 1.
    ///
    /// # Errors
    /// When the source to change is not clear, or an automation flag lacks an automated policy.
    pub fn write_to(&self, spec: &mut Node, position: Option<usize>) -> CommandResult<()> {
        if self.repo.is_some() || self.path.is_some() || self.revision.is_some() {
            let source = source_mut(spec, position)?;
            set_text(source, &["repoURL"], self.repo.as_deref());
            set_text(source, &["path"], self.path.as_deref());
            set_text(source, &["targetRevision"], self.revision.as_deref());
        }
        self.write_destination(spec);
        set_text(spec, &["project"], self.project.as_deref());
        if let Some(limit) = self.revision_history_limit {
            spec.set(&["revisionHistoryLimit"], i64::from(limit));
        }
        self.write_automation(spec);
        self.write_sync_options(spec);
        self.write_retry(spec);
        drop_empty_policy(spec);
        Ok(())
    }

    fn changes_automation(&self) -> bool {
        self.auto_prune.is_some() || self.self_heal.is_some() || self.allow_empty.is_some()
    }

    /// Server and name exclude each other: setting one removes the other.
    fn write_destination(&self, spec: &mut Node) {
        if self.dest_server.is_some() {
            spec.remove(&["destination", "name"]);
        }
        if self.dest_name.is_some() {
            spec.remove(&["destination", "server"]);
        }
        set_text(spec, &["destination", "server"], self.dest_server.as_deref());
        set_text(spec, &["destination", "name"], self.dest_name.as_deref());
        set_text(spec, &["destination", "namespace"], self.dest_namespace.as_deref());
    }

    /// An automatic policy keeps prune and self-heal; `none` and `manual` remove automation.
    /// Without an automated block, automation flags make one that is switched off, as Argo CD's.
    fn write_automation(&self, spec: &mut Node) {
        let automated = ["syncPolicy", "automated"];
        match self.sync_policy.as_deref() {
            Some("manual" | "none") => drop(spec.remove(&automated)),
            Some(_) => {
                spec.mapping_at(&automated).remove("enabled");
            }
            None => {}
        }
        if !self.changes_automation() {
            return;
        }
        let is_new = spec.path(&automated).is_none_or(Node::is_null);
        let block = spec.mapping_at(&automated);
        if is_new {
            block.insert("enabled", false.into());
        }
        let flags = [
            ("prune", self.auto_prune),
            ("selfHeal", self.self_heal),
            ("allowEmpty", self.allow_empty),
        ];
        for (field, value) in flags {
            if let Some(value) = value {
                block.insert(field, value.into());
            }
        }
    }

    /// Options are added to those that are there; `!option` takes one away.
    fn write_sync_options(&self, spec: &mut Node) {
        if self.sync_option.is_empty() {
            return;
        }
        let path = ["syncPolicy", "syncOptions"];
        let present = spec.path(&path).and_then(Node::as_sequence).unwrap_or_default();
        let mut options: Vec<String> =
            present.iter().filter_map(Node::as_str).map(str::to_owned).collect();
        for option in &self.sync_option {
            match option.strip_prefix('!') {
                Some(unwanted) => options.retain(|one| one != unwanted),
                None if options.contains(option) => {}
                None => options.push(option.clone()),
            }
        }
        let list: Vec<Node> = options.into_iter().map(Node::from).collect();
        spec.set(&path, list);
    }

    fn write_retry(&self, spec: &mut Node) {
        match self.sync_retry_limit {
            None => {}
            Some(0) => drop(spec.remove(&["syncPolicy", "retry"])),
            Some(limit) => {
                let retry = ["syncPolicy", "retry"];
                spec.mapping_at(&retry).insert("limit", limit.into());
                let backoff = ["syncPolicy", "retry", "backoff"];
                let block = spec.mapping_at(&backoff);
                block.insert("duration", self.sync_retry_backoff_duration.as_str().into());
                block.insert("factor", self.sync_retry_backoff_factor.into());
                block.insert("maxDuration", self.sync_retry_backoff_max_duration.as_str().into());
            }
        }
    }
}

/// The source the flags are about.
fn source_mut(spec: &mut Node, position: Option<usize>) -> CommandResult<&mut Node> {
    let count = spec.get("sources").and_then(Node::as_sequence).map_or(0, <[Node]>::len);
    match (count, position) {
        (0, None | Some(1)) => {
            spec.mapping_at(&["source"]);
            Ok(spec.get_mut("source").expect("made just above"))
        }
        (0, Some(_)) => Err(CommandError::usage("the application has only one source")),
        (_, None) => Err(CommandError::usage("the application has several sources")
            .hint("say which with --source-position, counted from 1")),
        (_, Some(number)) => spec
            .get_mut("sources")
            .and_then(Node::as_sequence_mut)
            .and_then(|sources| sources.get_mut(number.wrapping_sub(1)))
            .ok_or_else(|| {
                CommandError::usage(format!("--source-position goes from 1 to {count}"))
            }),
    }
}

fn set_text(node: &mut Node, path: &[&str], value: Option<&str>) {
    if let Some(value) = value {
        node.set(path, value);
    }
}

fn drop_empty_policy(spec: &mut Node) {
    let empty = |node: &Node| node.as_mapping().is_some_and(crate::yaml::Mapping::is_empty);
    if spec.get("syncPolicy").is_some_and(empty) {
        spec.remove(&["syncPolicy"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(flags: &ApplicationFlags, before: &str, after: &str) {
        let mut spec: Node = serde_json::from_str(before).unwrap();
        flags.write_to(&mut spec, None).unwrap();
        assert_eq!(spec, serde_json::from_str::<Node>(after).unwrap());
    }

    #[test]
    fn an_automatic_policy_keeps_prune_and_self_heal() {
        let flags = ApplicationFlags { sync_policy: Some("auto".into()), ..Default::default() };
        let policy = r#"{"syncPolicy": {"automated": {"prune": true, "selfHeal": true}}}"#;
        check(&flags, policy, policy);
        check(&flags, "{}", r#"{"syncPolicy": {"automated": {}}}"#);
    }

    #[test]
    fn a_manual_policy_removes_automation_and_an_empty_block() {
        let flags = ApplicationFlags { sync_policy: Some("none".into()), ..Default::default() };
        check(&flags, r#"{"syncPolicy": {"automated": {"prune": true}}}"#, "{}");
    }

    #[test]
    fn self_heal_without_automation_makes_a_block_that_is_off() {
        let flags = ApplicationFlags { self_heal: Some(false), ..Default::default() };
        check(
            &flags,
            "{}",
            r#"{"syncPolicy": {"automated": {"enabled": false, "selfHeal": false}}}"#,
        );
    }

    #[test]
    fn sync_options_are_added_and_taken_away_one_by_one() {
        let option = vec!["B=true".to_owned(), "!A=true".to_owned()];
        let flags = ApplicationFlags { sync_option: option, ..Default::default() };
        check(
            &flags,
            r#"{"syncPolicy": {"syncOptions": ["A=true", "C=true"]}}"#,
            r#"{"syncPolicy": {"syncOptions": ["C=true", "B=true"]}}"#,
        );
    }

    #[test]
    fn several_sources_need_a_position() {
        let flags = ApplicationFlags { revision: Some("x".into()), ..Default::default() };
        let mut spec: Node = serde_json::from_str(r#"{"sources": [{}, {}]}"#).unwrap();
        assert!(flags.write_to(&mut spec, None).is_err());
        flags.write_to(&mut spec, Some(2)).unwrap();
        assert_eq!(
            spec.get("sources").unwrap().as_sequence().unwrap()[1].str_at(&["targetRevision"]),
            "x"
        );
    }
}
