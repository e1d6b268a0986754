//! How to get into a repository: the credentials of a Secret, a flag or a variable.

use crate::support::Secret;

/// Credentials for one repository, as a `repository` or `repo-creds` Secret holds them.
#[derive(Clone, Debug, Default)]
pub struct RepositoryCredentials {
    /// User name for HTTP.
    pub username: String,
    /// Password or token for HTTP.
    pub password: Secret,
    /// Bearer token for HTTP.
    pub bearer_token: Secret,
    /// Private key in PEM or OpenSSH form.
    pub ssh_private_key: Secret,
    /// Accept any TLS certificate and any SSH host key.
    pub insecure: bool,
    /// Known host keys besides the user's own file, in `known_hosts` form.
    pub ssh_known_hosts: String,
    /// Certificates to trust besides the system's, PEM.
    pub tls_certificates: String,
}
