//! Every environment variable tiphys reads, named once.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::support::Secret;

/// The variables with their meaning, for README and man pages.
pub const VARIABLES: &[(&str, &str)] = &[
    ("KUBECONFIG", "kubeconfig files, separated by colons"),
    ("TIPHYS_ARGOCD_NAMESPACE", "namespace of Argo CD's resources, as --argocd-namespace"),
    ("ARGOCD_NAMESPACE", "the same, second choice"),
    ("TIPHYS_CACHE_DIR", "where mirrors and discovery answers are kept (default: ~/.cache/tiphys)"),
    ("TIPHYS_GIT_USERNAME", "user name for Git over HTTP"),
    ("TIPHYS_GIT_PASSWORD", "password or token for Git over HTTP"),
    ("TIPHYS_GIT_TOKEN", "bearer token for Git over HTTP"),
    ("TIPHYS_GIT_SSH_KEY", "private key file for Git over SSH"),
    ("NO_COLOR", "no colours, whatever its value"),
    ("TIPHYS_LOG", "log filter, for example tiphys=debug; wins over -v"),
];

/// The values found in the environment of this process.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `KUBECONFIG`.
    pub kubeconfig: Option<OsString>,
    /// `TIPHYS_ARGOCD_NAMESPACE`, else `ARGOCD_NAMESPACE`.
    pub argocd_namespace: Option<String>,
    /// `TIPHYS_CACHE_DIR`, else the user's cache directory.
    pub cache_dir: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// Git credentials.
    pub git: GitEnvironment,
    /// Whether an SSH agent is offered.
    pub ssh_agent: bool,
    /// `TIPHYS_LOG`.
    pub log: Option<String>,
    /// Whether colours are unwanted.
    pub no_color: bool,
    /// Login name, for `initiatedBy` and the lock.
    pub user: String,
}

/// Git credentials from the environment.
#[derive(Clone, Debug, Default)]
pub struct GitEnvironment {
    /// `TIPHYS_GIT_USERNAME`.
    pub username: String,
    /// `TIPHYS_GIT_PASSWORD`.
    pub password: Secret,
    /// `TIPHYS_GIT_TOKEN`.
    pub token: Secret,
    /// `TIPHYS_GIT_SSH_KEY`.
    pub ssh_key: Option<PathBuf>,
}

impl Environment {
    /// Reads the environment of this process.
    pub fn read() -> Self {
        let home = path("HOME");
        let cache_home = path("XDG_CACHE_HOME")
            .or_else(|| home.as_ref().map(|home| home.join(".cache")))
            .unwrap_or_else(std::env::temp_dir);
        Self {
            kubeconfig: os("KUBECONFIG"),
            argocd_namespace: text("TIPHYS_ARGOCD_NAMESPACE").or_else(|| text("ARGOCD_NAMESPACE")),
            cache_dir: path("TIPHYS_CACHE_DIR").unwrap_or_else(|| cache_home.join("tiphys")),
            home,
            git: GitEnvironment {
                username: text("TIPHYS_GIT_USERNAME").unwrap_or_default(),
                password: Secret::new(text("TIPHYS_GIT_PASSWORD").unwrap_or_default()),
                token: Secret::new(text("TIPHYS_GIT_TOKEN").unwrap_or_default()),
                ssh_key: path("TIPHYS_GIT_SSH_KEY"),
            },
            ssh_agent: os("SSH_AUTH_SOCK").is_some(),
            log: text("TIPHYS_LOG"),
            no_color: os("NO_COLOR").is_some(),
            user: text("USER").or_else(|| text("LOGNAME")).unwrap_or_else(|| "unknown".to_owned()),
        }
    }
}

fn os(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn text(name: &str) -> Option<String> {
    os(name).and_then(|value| value.into_string().ok())
}

fn path(name: &str) -> Option<PathBuf> {
    os(name).map(PathBuf::from)
}
