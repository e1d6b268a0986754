//! Which credentials are shown to a server, and in which order: flags and environment, the URL,
//! the repository's Secret, then the user's credential helper, SSH agent and key files. Each is
//! shown once; credentials go to the URL's own host only, never after a redirect to another one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use git2::{Config, Cred, CredentialHelper, CredentialType, ErrorClass, ErrorCode};

use super::url::RemoteRepository;
use super::{SourcesConfig, UserCredentials};
use crate::model::repository::{RemoteUrl, RepositoryCredentials};
use crate::ports::{SourceError, SourceErrorKind};
use crate::support::Secret;

use super::error::hinted;

/// The user's key files, in the order OpenSSH tries them.
const KEY_FILES: &[&str] = &["id_ed25519", "id_ecdsa", "id_rsa"];
/// User name where none is given; what the large hosts expect over SSH and accept with a token.
const USER_DEFAULT: &str = "git";

/// Our own word to libgit2 when all credentials were refused.
const NONE_LEFT: &str = "no credentials left to try";
/// How an OpenSSH key without a passphrase begins: its cipher is `none`.
const OPEN_KEY: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmU";

/// All that opens one repository.
#[derive(Clone, Debug)]
pub(super) struct Access {
    candidates: Vec<Candidate>,
    bearer_token: Secret,
    user: String,
}

/// One credential and where it comes from.
#[derive(Clone, Debug)]
struct Candidate {
    origin: String,
    kind: CandidateKind,
}

#[derive(Clone, Debug)]
enum CandidateKind {
    Password { username: String, password: Secret },
    KeyText(Secret),
    KeyFile(PathBuf),
    Agent,
    Helper,
}

/// What was shown to the server so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Tried(Arc<Mutex<Vec<String>>>);

impl Access {
    /// Collects the credentials for `repository`.
    pub(super) fn new(
        config: &SourcesConfig,
        repository: &RemoteRepository,
        secret: Option<&RepositoryCredentials>,
    ) -> Self {
        let given = &config.credentials;
        let mut candidates = Vec::new();
        add_given(&mut candidates, given, "flags or environment");
        if let Some((username, password)) = repository.url_credentials() {
            let kind = CandidateKind::Password { username, password };
            candidates.push(Candidate { origin: "password in the URL".to_owned(), kind });
        }
        // A token of the Secret goes into a header of every request; what comes first wins.
        let mut bearer_token = given.bearer_token.clone();
        if let Some(secret) = secret {
            if bearer_token.is_empty() && candidates.is_empty() {
                bearer_token = secret.bearer_token.clone();
            }
            add_given(&mut candidates, secret, "repository Secret");
        }
        if config.user_credentials == UserCredentials::Use {
            add_users_own(&mut candidates, config);
        }
        let user = match repository.parts.user.as_str() {
            "" => USER_DEFAULT.to_owned(),
            user => user.to_owned(),
        };
        Self { candidates, bearer_token, user }
    }

    /// The header to send with every HTTP request.
    pub(super) fn header(&self) -> Option<String> {
        let token = &self.bearer_token;
        (!token.is_empty()).then(|| format!("Authorization: Bearer {}", token.reveal()))
    }

    /// The function libgit2 asks for credentials, for one connection.
    pub(super) fn answer(
        &self,
        repository: &RemoteRepository,
        tried: Tried,
    ) -> impl FnMut(&str, Option<&str>, CredentialType) -> Result<Cred, git2::Error> + use<> {
        let access = self.clone();
        let host = repository.parts.host.clone();
        let mut next = 0;
        if access.header().is_some() {
            tried.add("bearer token");
        }
        move |url, user, allowed| {
            let user = user.unwrap_or(&access.user);
            if allowed.contains(CredentialType::USERNAME) {
                return Cred::username(user);
            }
            let asking = RemoteUrl::parse(url).map(|parts| parts.host);
            if asking.is_some_and(|asking| asking != host) {
                return Err(denied(
                    "the server redirects to another host, which asks for \
                    credentials; use the new URL as repoURL",
                ));
            }
            while let Some(candidate) = access.candidates.get(next) {
                next += 1;
                if allowed.contains(CredentialType::SSH_KEY) && candidate.has_passphrase() {
                    tried
                        .add(&format!("{} (needs its passphrase: use an agent)", candidate.origin));
                    continue;
                }
                let Some(credential) = candidate.credential(url, user, allowed) else { continue };
                tried.add(&candidate.origin);
                return credential;
            }
            Err(denied(NONE_LEFT))
        }
    }
}

impl Tried {
    fn add(&self, origin: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(origin.to_owned());
    }

    /// The error for a server that let nobody in.
    pub(super) fn denied(&self, display: &str, said: &str) -> SourceError {
        let said = if said == NONE_LEFT { String::new() } else { format!(": {said}") };
        let tried = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tried.is_empty() {
            return hinted(
                SourceErrorKind::Denied,
                format!("repository {display} asks for credentials and none are known{said}"),
                "set TIPHYS_GIT_USERNAME and TIPHYS_GIT_PASSWORD (or TIPHYS_GIT_SSH_KEY), add a \
                 repository Secret, or set up a Git credential helper or an SSH agent",
            );
        }
        hinted(
            SourceErrorKind::Denied,
            format!("repository {display} refuses the credentials{said}"),
            format!("tried: {}", tried.join(", ")),
        )
    }
}

impl Candidate {
    /// Whether it is a key that cannot be used without asking. Found out beforehand since
    /// libgit2 gives up at such a key instead of asking for the next credential.
    fn has_passphrase(&self) -> bool {
        match &self.kind {
            CandidateKind::KeyText(key) => is_protected_key(key.reveal()),
            CandidateKind::KeyFile(path) => {
                read_key(path).is_some_and(|key| is_protected_key(key.reveal()))
            }
            _ => false,
        }
    }

    /// The credential as libgit2 wants it; `None` when it does not suit the question.
    fn credential(
        &self,
        url: &str,
        user: &str,
        allowed: CredentialType,
    ) -> Option<Result<Cred, git2::Error>> {
        let for_password = allowed.contains(CredentialType::USER_PASS_PLAINTEXT);
        let for_key = allowed.contains(CredentialType::SSH_KEY);
        match &self.kind {
            CandidateKind::Password { username, password } if for_password => {
                let username = if username.is_empty() { user } else { username };
                Some(Cred::userpass_plaintext(username, password.reveal()))
            }
            CandidateKind::KeyText(key) if allowed.contains(CredentialType::SSH_MEMORY) => {
                Some(Cred::ssh_key_from_memory(user, None, key.reveal(), None))
            }
            CandidateKind::KeyFile(path) if for_key && path.is_file() => {
                Some(Cred::ssh_key(user, None, path, None))
            }
            CandidateKind::Agent if for_key => Some(Cred::ssh_key_from_agent(user)),
            CandidateKind::Helper if for_password && !for_key => {
                let config = Config::open_default().ok()?;
                let helped = CredentialHelper::new(url).config(&config).execute();
                helped.map(|(username, password)| Cred::userpass_plaintext(&username, &password))
            }
            _ => None,
        }
    }
}

fn add_given(candidates: &mut Vec<Candidate>, given: &RepositoryCredentials, origin: &str) {
    if !given.ssh_private_key.is_empty() {
        // OpenSSL refuses a key without its last line break, which is easily lost in a Secret.
        let key = format!("{}\n", given.ssh_private_key.reveal().trim());
        let kind = CandidateKind::KeyText(Secret::new(key));
        candidates.push(Candidate { origin: format!("SSH key from {origin}"), kind });
    }
    if !given.password.is_empty() || !given.username.is_empty() {
        let kind = CandidateKind::Password {
            username: given.username.clone(),
            password: given.password.clone(),
        };
        candidates.push(Candidate { origin: format!("password from {origin}"), kind });
    }
}

/// For every scheme: `url.*.insteadOf` may turn https into SSH.
fn add_users_own(candidates: &mut Vec<Candidate>, config: &SourcesConfig) {
    let origin = "Git credential helper".to_owned();
    candidates.push(Candidate { origin, kind: CandidateKind::Helper });
    if config.ssh_auth_sock.is_some() {
        candidates.push(Candidate { origin: "SSH agent".to_owned(), kind: CandidateKind::Agent });
    }
    let Some(home) = &config.home_dir else { return };
    candidates.extend(KEY_FILES.iter().map(|name| Candidate {
        origin: format!("~/.ssh/{name}"),
        kind: CandidateKind::KeyFile(home.join(".ssh").join(name)),
    }));
}

fn is_protected_key(key: &str) -> bool {
    let is_openssh = key.contains("BEGIN OPENSSH PRIVATE KEY");
    key.contains("ENCRYPTED") || (is_openssh && !key.contains(OPEN_KEY))
}

/// A key file's text, `None` when there is no such file.
#[expect(clippy::disallowed_methods, reason = "this adapter reads the file; absence is no error")]
fn read_key(path: &Path) -> Option<Secret> {
    std::fs::read_to_string(path).ok().map(Secret::new)
}

fn denied(message: &str) -> git2::Error {
    git2::Error::new(ErrorCode::Auth, ErrorClass::Callback, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::url::RepositoryUrl;

    fn remote(url: &str) -> RemoteRepository {
        match RepositoryUrl::parse(url).unwrap() {
            RepositoryUrl::Remote(remote) => remote,
            RepositoryUrl::Local(_) => panic!("{url} is local"),
        }
    }

    fn password(word: &str) -> RepositoryCredentials {
        RepositoryCredentials { password: Secret::new(word), ..RepositoryCredentials::default() }
    }

    fn origins(access: &Access) -> Vec<&str> {
        access.candidates.iter().map(|candidate| candidate.origin.as_str()).collect()
    }

    #[test]
    fn credentials_are_tried_in_order_and_each_once() {
        let repository = remote("https://me:in-url@host/r");
        let config = SourcesConfig { credentials: password("flag"), ..SourcesConfig::default() };
        let access = Access::new(&config, &repository, Some(&password("secret")));
        let want = [
            "password from flags or environment",
            "password in the URL",
            "password from repository Secret",
        ];
        assert_eq!(origins(&access), want);
        let tried = Tried::default();
        let mut answer = access.answer(&repository, tried.clone());
        let kind = CredentialType::USER_PASS_PLAINTEXT;
        for _ in want {
            assert!(answer("https://host/r", None, kind).is_ok());
        }
        let error = answer("https://host/r", None, kind).err().unwrap();
        assert_eq!(error.code(), ErrorCode::Auth);
        let denied = tried.denied("https://host/r", NONE_LEFT);
        assert_eq!(denied.message, "repository https://host/r refuses the credentials");
        assert_eq!(denied.hint, format!("tried: {}", want.join(", ")));
    }

    #[test]
    fn credentials_do_not_follow_a_redirect_to_another_host() {
        let repository = remote("https://host/r");
        let config = SourcesConfig { credentials: password("flag"), ..SourcesConfig::default() };
        let access = Access::new(&config, &repository, None);
        let mut answer = access.answer(&repository, Tried::default());
        let kind = CredentialType::USER_PASS_PLAINTEXT;
        assert!(answer("https://evil.example/r", None, kind).is_err());
        assert!(answer("https://HOST:8443/other", None, kind).is_ok());
    }

    #[test]
    fn users_own_credentials_come_last_and_only_when_wanted() {
        let config = SourcesConfig {
            user_credentials: UserCredentials::Use,
            home_dir: Some(PathBuf::from("/home/me")),
            ssh_auth_sock: Some(PathBuf::from("/run/agent")),
            ..SourcesConfig::default()
        };
        let access = Access::new(&config, &remote("git@host:r"), None);
        let want = [
            "Git credential helper",
            "SSH agent",
            "~/.ssh/id_ed25519",
            "~/.ssh/id_ecdsa",
            "~/.ssh/id_rsa",
        ];
        assert_eq!(origins(&access), want);
        let access = Access::new(&SourcesConfig::default(), &remote("git@host:r"), None);
        assert!(origins(&access).is_empty());
    }

    #[test]
    fn keys_with_a_passphrase_are_told_from_others() {
        fn check(key: &str, want: bool) {
            assert_eq!(is_protected_key(key), want, "{key}");
        }
        let openssh = |body: &str| {
            format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{body}AAA\n-----END OPENSSH")
        };
        check(&openssh(OPEN_KEY), false);
        check(&openssh("b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHI"), true);
        check("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", true);
        check("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", true);
        check("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", false);
    }

    #[test]
    fn a_bearer_token_of_the_secret_yields_to_flags() {
        let repository = remote("https://host/r");
        let secret = RepositoryCredentials {
            bearer_token: Secret::new("token"),
            ..RepositoryCredentials::default()
        };
        let config = SourcesConfig::default();
        let access = Access::new(&config, &repository, Some(&secret));
        assert_eq!(access.header().as_deref(), Some("Authorization: Bearer token"));
        let config = SourcesConfig { credentials: password("flag"), ..config };
        assert_eq!(Access::new(&config, &repository, Some(&secret)).header(), None);
    }
}
