//! The AppProject resource: which sources, destinations and kinds its Applications may use.
//!
//! The rules and the words of a refusal are those of Argo CD 3.5.

use serde::{Deserialize, Serialize};

use super::api_catalog::Scope;
use super::application::{ApplicationDestination, ApplicationName};
use super::repository::url_without_password;
use super::resource_key::ResourceKey;
use crate::support::glob::{Glob, Separator};
use crate::yaml::Node;

/// An AppProject: the document as read, and its rules.
#[derive(Clone, Debug, Default)]
pub struct AppProject {
    /// The whole document.
    pub raw: Node,
    /// `spec`.
    pub spec: AppProjectSpec,
}

/// `spec` of an AppProject.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppProjectSpec {
    /// Free text.
    pub description: String,
    /// URL globs; `!` denies.
    pub source_repos: Vec<String>,
    /// Clusters and namespaces; `!` denies.
    pub destinations: Vec<ProjectDestination>,
    /// Cluster-scoped kinds that are allowed; none means none.
    pub cluster_resource_whitelist: Vec<ProjectKind>,
    /// Cluster-scoped kinds that are not.
    pub cluster_resource_blacklist: Vec<ProjectKind>,
    /// Namespaced kinds that are allowed; absent means all.
    pub namespace_resource_whitelist: Option<Vec<ProjectKind>>,
    /// Namespaced kinds that are not.
    pub namespace_resource_blacklist: Vec<ProjectKind>,
    /// Namespaces whose Applications may use the project.
    pub source_namespaces: Vec<String>,
    /// Orphan monitoring settings.
    pub orphaned_resources: Option<Node>,
    /// Keys commits must be signed with.
    pub signature_keys: Vec<Node>,
    /// Service accounts for impersonation.
    pub destination_service_accounts: Vec<Node>,
}

/// One entry of `destinations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectDestination {
    /// Server URL glob.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server: String,
    /// Cluster name glob.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Namespace glob.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}

/// A kind in an allow or deny list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectKind {
    /// Group glob.
    pub group: String,
    /// Kind glob.
    pub kind: String,
    /// Name glob, for cluster-scoped kinds.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

impl AppProject {
    /// Reads a project from its document.
    ///
    /// # Errors
    /// When a known field has the wrong type.
    pub fn from_node(raw: Node) -> Result<Self, serde_json::Error> {
        let spec = raw.get("spec").map(Node::decode).transpose()?.unwrap_or_default();
        Ok(Self { raw, spec })
    }

    /// The project's name.
    pub fn name(&self) -> &str {
        self.raw.name()
    }
}

impl AppProject {
    /// Whether an Application may use the project: one outside Argo CD's own namespace only when
    /// `sourceNamespaces` names its namespace.
    ///
    /// # Errors
    /// The refusal.
    pub fn permits_application(
        &self,
        application: &ApplicationName,
        argocd_namespace: &str,
    ) -> Result<(), String> {
        let ApplicationName { namespace, name } = application;
        let matches = |pattern: &String| glob_matches(pattern, namespace, Separator::None);
        if namespace == argocd_namespace || self.spec.source_namespaces.iter().any(matches) {
            return Ok(());
        }
        Err(format!(
            "application '{name}' in namespace '{namespace}' is not allowed to use project '{}'",
            self.name()
        ))
    }

    /// Whether Applications of this project may use the repository. A `!` pattern that matches
    /// wins over any that allows.
    ///
    /// # Errors
    /// The refusal.
    pub fn permits_source(&self, repo_url: &str) -> Result<(), String> {
        let url = normalize_repo_url(repo_url);
        let matches = |pattern: &str| {
            let pattern = normalize_repo_url(pattern);
            pattern == "*" || glob_matches(&pattern, &url, Separator::Slash)
        };
        let rules = &self.spec.source_repos;
        let denied = rules.iter().filter_map(|rule| rule.strip_prefix('!')).any(matches);
        let mut allowing = rules.iter().filter(|rule| !is_denial(rule));
        if !denied && allowing.any(|rule| matches(rule)) {
            return Ok(());
        }
        let shown = url_without_password(repo_url);
        Err(format!("application repo {shown} is not permitted in project '{}'", self.name()))
    }

    /// Whether Applications of this project may be deployed to the destination; its server and
    /// cluster name should both be filled in.
    ///
    /// # Errors
    /// The refusal.
    pub fn permits_destination(&self, destination: &ApplicationDestination) -> Result<(), String> {
        if self.allows_place(destination, &destination.namespace) {
            return Ok(());
        }
        let ApplicationDestination { server, namespace, .. } = destination;
        Err(format!(
            "application destination server '{server}' and namespace '{namespace}' do not match \
             any of the allowed destinations in project '{}'",
            self.name()
        ))
    }

    /// Whether Applications of this project may manage the object: its kind, and for namespaced
    /// kinds its namespace on the destination's cluster.
    ///
    /// # Errors
    /// The refusal.
    pub fn permits_object(
        &self,
        key: &ResourceKey,
        scope: Scope,
        destination: &ApplicationDestination,
    ) -> Result<(), String> {
        self.permits_kind(key, scope)?;
        if scope == Scope::Cluster || self.allows_place(destination, &key.namespace) {
            return Ok(());
        }
        Err(format!("namespace {} is not permitted in project '{}'", key.namespace, self.name()))
    }

    /// Whether Applications of this project may manage objects of the kind. Cluster-scoped kinds
    /// must be listed; namespaced ones are allowed unless there is a list.
    ///
    /// # Errors
    /// The refusal.
    pub fn permits_kind(&self, key: &ResourceKey, scope: Scope) -> Result<(), String> {
        let spec = &self.spec;
        let listed = |list: &[ProjectKind]| list.iter().any(|entry| entry.matches(key, scope));
        let permitted = match scope {
            Scope::Namespaced => {
                spec.namespace_resource_whitelist.as_deref().is_none_or(listed)
                    && !listed(&spec.namespace_resource_blacklist)
            }
            Scope::Cluster => {
                listed(&spec.cluster_resource_whitelist)
                    && !listed(&spec.cluster_resource_blacklist)
            }
        };
        if permitted {
            return Ok(());
        }
        let ResourceKey { group, kind, .. } = key;
        Err(format!("resource {group}:{kind} is not permitted in project {}", self.name()))
    }

    fn allows_place(&self, destination: &ApplicationDestination, namespace: &str) -> bool {
        let mut allowed = false;
        for rule in &self.spec.destinations {
            let cluster = part_verdict(&rule.server, &destination.server)
                .or(part_verdict(&rule.name, &destination.name));
            let place = part_verdict(&rule.namespace, namespace);
            match (cluster, place) {
                (Verdict::Matches, Verdict::Matches) => allowed = true,
                (Verdict::Denied, Verdict::Matches) | (Verdict::Matches, Verdict::Denied) => {
                    return false;
                }
                _ => {}
            }
        }
        allowed
    }
}

impl ProjectKind {
    fn matches(&self, key: &ResourceKey, scope: Scope) -> bool {
        let part = |pattern: &str, text: &str| {
            pattern == "*" || glob_matches(pattern, text, Separator::None)
        };
        let named =
            scope == Scope::Namespaced || self.name.is_empty() || part(&self.name, &key.name);
        part(&self.group, &key.group) && part(&self.kind, &key.kind) && named
    }
}

/// What one part of a destination rule says about a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Matches,
    Differs,
    Denied,
}

impl Verdict {
    /// A cluster may be meant by its server or by its name.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Matches, _) | (_, Self::Matches) => Self::Matches,
            (Self::Denied, _) | (_, Self::Denied) => Self::Denied,
            _ => Self::Differs,
        }
    }
}

/// A pattern with `!` matches everything but what it denies.
fn part_verdict(pattern: &str, text: &str) -> Verdict {
    let matches = |pattern: &str| pattern == "*" || glob_matches(pattern, text, Separator::None);
    match pattern.strip_prefix('!') {
        Some(denied) if matches(denied) => Verdict::Denied,
        Some(_) => Verdict::Matches,
        None if matches(pattern) => Verdict::Matches,
        None => Verdict::Differs,
    }
}

/// Whether the whole of `text` matches the glob; one that cannot be read matches nothing.
fn glob_matches(pattern: &str, text: &str, separator: Separator) -> bool {
    if !pattern.contains(['*', '?', '[', '{', '\\']) {
        return pattern == text;
    }
    Glob::new(pattern, separator).is_ok_and(|glob| glob.matches(text))
}

fn is_denial(rule: &str) -> bool {
    rule.starts_with('!')
}

/// One spelling for the many of a Git URL: lower case, no `.git`, `git@host:path` as
/// `git@host/path`.
fn normalize_repo_url(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let url = match url.split_once("://") {
        Some(("ssh", rest)) => rest.to_owned(),
        None if url.contains('@') => url.replacen(':', "/", 1),
        _ => url,
    };
    url.strip_suffix(".git").unwrap_or(&url).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(spec: &str) -> AppProject {
        let text = format!(r#"{{"metadata":{{"name":"shop"}},"spec":{spec}}}"#);
        AppProject::from_node(serde_json::from_str(&text).unwrap()).unwrap()
    }

    #[test]
    fn sources_are_globs_and_denials_win() {
        let check = |rules: &str, url: &str, permitted: bool| {
            let project = project(&format!(r#"{{"sourceRepos":{rules}}}"#));
            assert_eq!(project.permits_source(url).is_ok(), permitted, "{rules} {url}");
        };
        check(r#"["*"]"#, "https://git.example/a/b", true);
        check("[]", "https://git.example/a/b", false);
        check(r#"["https://git.example/a/*"]"#, "https://git.example/a/b.git", true);
        check(r#"["https://git.example/*"]"#, "https://git.example/a/b", false);
        check(r#"["https://git.example/**"]"#, "https://git.example/a/b", true);
        check(r#"["*","!https://git.example/a/*"]"#, "https://git.example/a/b", false);
        check(r#"["git@git.example:a/b.git"]"#, "ssh://git@git.example/a/b", true);
        check(r#"["!https://git.example/a"]"#, "https://git.example/b", false);
    }

    #[test]
    fn a_refused_source_is_named() {
        assert_eq!(
            project("{}").permits_source("https://git.example/a"),
            Err("application repo https://git.example/a is not permitted in project 'shop'".into())
        );
    }

    #[test]
    fn destinations_match_by_server_or_name_and_namespace() {
        let check = |rules: &str, namespace: &str, permitted: bool| {
            let project = project(&format!(r#"{{"destinations":{rules}}}"#));
            let destination = ApplicationDestination {
                server: "https://kubernetes.default.svc".to_owned(),
                name: "in-cluster".to_owned(),
                namespace: namespace.to_owned(),
            };
            let verdict = project.permits_destination(&destination);
            assert_eq!(verdict.is_ok(), permitted, "{rules} {namespace}");
        };
        check(r#"[{"server":"*","namespace":"*"}]"#, "a", true);
        check(r#"[{"name":"in-cluster","namespace":"a-*"}]"#, "a-b", true);
        check(r#"[{"server":"https://elsewhere","namespace":"*"}]"#, "a", false);
        let denying =
            r#"[{"server":"*","namespace":"!kube-system"},{"server":"*","namespace":"*"}]"#;
        check(denying, "kube-system", false);
        check(denying, "a", true);
        let other = r#"[{"server":"!https://kubernetes.default.svc","namespace":"*"},{"server":"*","namespace":"*"}]"#;
        check(other, "a", false);
        check("[]", "a", false);
    }

    #[test]
    fn kinds_are_allowed_by_scope() {
        let check = |spec: &str, group: &str, kind: &str, scope: Scope, permitted: bool| {
            let key = ResourceKey::new(group, kind, "", "web");
            let verdict = project(spec).permits_kind(&key, scope);
            assert_eq!(verdict.is_ok(), permitted, "{spec} {group}/{kind}");
        };
        let rbac = "rbac.authorization.k8s.io";
        check("{}", "", "ConfigMap", Scope::Namespaced, true);
        check("{}", "", "Namespace", Scope::Cluster, false);
        let all = r#"{"clusterResourceWhitelist":[{"group":"*","kind":"*"}]}"#;
        check(all, rbac, "ClusterRole", Scope::Cluster, true);
        let named = r#"{"clusterResourceWhitelist":[{"group":"*","kind":"*","name":"api-*"}]}"#;
        check(named, "", "Namespace", Scope::Cluster, false);
        let black = r#"{"clusterResourceWhitelist":[{"group":"*","kind":"*"}],
            "clusterResourceBlacklist":[{"group":"","kind":"Namespace"}]}"#;
        check(black, "", "Namespace", Scope::Cluster, false);
        check(black, rbac, "ClusterRole", Scope::Cluster, true);
        let white = r#"{"namespaceResourceWhitelist":[{"group":"apps","kind":"*"}]}"#;
        check(white, "apps", "Deployment", Scope::Namespaced, true);
        check(white, "", "Secret", Scope::Namespaced, false);
        check(r#"{"namespaceResourceWhitelist":[]}"#, "", "Secret", Scope::Namespaced, false);
        let denied = r#"{"namespaceResourceBlacklist":[{"group":"","kind":"Secret"}]}"#;
        check(denied, "", "Secret", Scope::Namespaced, false);
    }

    #[test]
    fn objects_outside_the_allowed_namespaces_are_refused() {
        let project = project(r#"{"destinations":[{"server":"*","namespace":"a"}]}"#);
        let destination = ApplicationDestination {
            server: "https://kubernetes.default.svc".to_owned(),
            ..ApplicationDestination::default()
        };
        let verdict = |namespace: &str| {
            let key = ResourceKey::new("", "ConfigMap", namespace, "flags");
            project.permits_object(&key, Scope::Namespaced, &destination)
        };
        assert_eq!(verdict("a"), Ok(()));
        assert_eq!(verdict("b"), Err("namespace b is not permitted in project 'shop'".to_owned()));
    }
}
