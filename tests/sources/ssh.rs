//! The Sources adapter over SSH: keys, host keys, commits.

use std::fs;
use std::path::Path;

use tiphys::model::repository::RepositoryCredentials;
use tiphys::ports::{SourceErrorKind, SourceRequest};
use tiphys::sources::{GitSources, SourcesConfig, UserCredentials};
use tiphys::support::Secret;

use super::{Sandbox, open, request, text};
use crate::harness::git_server::GitSshServer;

fn ssh_request(server: &GitSshServer, path: &Path, key: &str, known_hosts: &str) -> SourceRequest {
    let mut request = request(&server.url(path), "main");
    request.credentials = Some(RepositoryCredentials {
        ssh_private_key: Secret::new(key),
        ssh_known_hosts: known_hosts.to_owned(),
        ..RepositoryCredentials::default()
    });
    request
}

#[test]
fn ssh_opens_with_a_key_and_a_known_host_only() {
    let sandbox = Sandbox::new();
    let server = GitSshServer::start();
    let (key, known) = (server.client_key(), server.known_hosts());
    let path = sandbox.repo.path();
    let try_with = |path: &Path, key: &str, known_hosts: &str| {
        open(&sandbox.sources(), &ssh_request(&server, path, key, known_hosts))
    };
    let source = try_with(path, key.trim(), &known).unwrap();
    assert_eq!(text(&source, "base/a.yaml"), "a: 1\n");

    let error = try_with(path, &key, "").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Untrusted, "{error:?}");
    assert!(error.message.contains("is unknown (ssh-ed25519 SHA256:"), "{error:?}");
    assert!(error.hint.contains("ssh-keyscan -p"), "{error:?}");

    let error = try_with(path, &key, &server.wrong_known_hosts()).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Untrusted, "{error:?}");
    assert!(error.message.contains("has changed"), "{error:?}");

    let error = try_with(path, &server.stranger_key(), &known).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Denied, "{error:?}");
    assert_eq!(error.hint, "tried: SSH key from repository Secret");
    let error = try_with(path, "not a key", &known).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Denied, "{error:?}");

    let error = try_with(&sandbox.root().join("absent"), &key, &known).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::RepositoryMissing, "{error:?}");
}

#[test]
fn ssh_finds_commits_no_reference_points_to() {
    let sandbox = Sandbox::new();
    let first = sandbox.repo.git(&["rev-parse", "HEAD"]);
    sandbox.repo.write("base/a.yaml", "a: 2\n").commit("second");
    let server = GitSshServer::start();
    let known = server.known_hosts();
    let mut request = ssh_request(&server, sandbox.repo.path(), &server.client_key(), &known);
    for revision in [&first, &first[..9]] {
        revision.clone_into(&mut request.target_revision);
        assert_eq!(open(&sandbox.sources(), &request).unwrap().revision, first);
    }
}

#[test]
fn ssh_uses_the_keys_and_known_hosts_of_the_users_home() {
    let sandbox = Sandbox::new();
    let server = GitSshServer::start();
    let home = sandbox.folder.path().join("home");
    fs::create_dir_all(home.join(".ssh")).unwrap();
    fs::write(home.join(".ssh/id_ed25519"), server.client_key()).unwrap();
    fs::write(home.join(".ssh/known_hosts"), server.known_hosts()).unwrap();
    let config = SourcesConfig {
        user_credentials: UserCredentials::Use,
        home_dir: Some(home),
        ..sandbox.config()
    };
    let request = request(&server.url(sandbox.repo.path()), "main");
    open(&GitSources::new(config.clone()), &request).unwrap();
    let config = SourcesConfig { user_credentials: UserCredentials::Ignore, ..config };
    let error = open(&GitSources::new(config), &request).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Untrusted, "{error:?}");
}

#[test]
fn insecure_accepts_any_host_key() {
    let sandbox = Sandbox::new();
    let server = GitSshServer::start();
    let mut request = ssh_request(&server, sandbox.repo.path(), &server.client_key(), "");
    request.credentials.as_mut().unwrap().insecure = true;
    open(&sandbox.sources(), &request).unwrap();
}
