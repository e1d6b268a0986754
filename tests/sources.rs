//! The Sources adapter against real repositories and real servers on loopback.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests make and break files")]

mod ssh;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tiphys::model::repository::RepositoryCredentials;
use tiphys::ports::{ResolvedSource, SourceError, SourceErrorKind, SourceRequest, Sources};
use tiphys::render::tree::{EntryKind, TreeError};
use tiphys::sources::{GitSources, SourcesConfig};
use tiphys::support::Secret;

use crate::harness::git_server::{
    GitHttpServer, GitRepo, HttpAccess, TLS_AUTHORITY, TLS_CERTIFICATE,
};

const PASSWORD: &str = "s3cret-word";

/// A folder with a repository `app` and a cache.
struct Sandbox {
    folder: TempDir,
    repo: GitRepo,
}

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repo = GitRepo::create(&folder.path().join("srv/app"));
        repo.write("base/a.yaml", "a: 1\n").commit("first");
        Self { folder, repo }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("srv")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn config(&self) -> SourcesConfig {
        SourcesConfig { cache_dir: self.cache(), ..SourcesConfig::default() }
    }

    /// A new process run, so to speak: nothing is remembered but the cache.
    fn sources(&self) -> GitSources {
        GitSources::new(self.config())
    }

    fn http(&self, access: HttpAccess) -> GitHttpServer {
        GitHttpServer::start(&self.root(), access)
    }

    fn open(&self, url: &str, revision: &str) -> Result<ResolvedSource, SourceError> {
        open(&self.sources(), &request(url, revision))
    }

    /// The only mirror in the cache.
    fn mirror(&self) -> PathBuf {
        let entries = fs::read_dir(self.cache().join("git")).unwrap().map(|entry| entry.unwrap());
        let mut mirrors = entries
            .map(|entry| entry.path())
            .filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
        let mirror = mirrors.next().expect("a mirror");
        assert_eq!(mirrors.next(), None, "one mirror");
        mirror
    }
}

fn request(url: &str, revision: &str) -> SourceRequest {
    SourceRequest {
        repo_url: url.to_owned(),
        target_revision: revision.to_owned(),
        tag_prefix: String::new(),
        credentials: None,
    }
}

fn open(sources: &GitSources, request: &SourceRequest) -> Result<ResolvedSource, SourceError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(sources.open(request))
}

fn text(source: &ResolvedSource, path: &str) -> String {
    String::from_utf8(source.tree.read(path).unwrap().to_vec()).unwrap()
}

fn basic() -> HttpAccess {
    HttpAccess::Basic { username: "me".to_owned(), password: PASSWORD.to_owned() }
}

fn with_password(password: &str) -> RepositoryCredentials {
    RepositoryCredentials {
        username: "me".to_owned(),
        password: Secret::new(password),
        ..RepositoryCredentials::default()
    }
}

/// Checks that `revision` is `want`, over HTTP and straight from the disk.
fn check_revision(sandbox: &Sandbox, server: &GitHttpServer, revision: &str, want: &str) {
    let path = sandbox.repo.path().display().to_string();
    for url in [server.url("app"), path.clone(), format!("file://{path}")] {
        let source = sandbox.open(&url, revision).unwrap();
        assert_eq!(source.revision, want, "{url} {revision}");
    }
}

#[test]
fn revisions_resolve_as_in_argo_cd() {
    let sandbox = Sandbox::new();
    let repo = &sandbox.repo;
    let first = repo.tag("v1.0.0").git(&["rev-parse", "HEAD"]);
    let second = repo.write("base/a.yaml", "a: 2\n").commit("second");
    repo.annotated_tag("v1.1.0");
    let third = repo.branch("feature/x").write("b.yaml", "b: 1\n").commit("third");
    repo.checkout("main");
    let server = sandbox.http(HttpAccess::Open);
    for (revision, want) in [
        ("", &second),
        ("HEAD", &second),
        ("main", &second),
        ("refs/heads/feature/x", &third),
        ("feature/x", &third),
        ("v1.0.0", &first),
        ("v1.1.0", &second),
        ("refs/tags/v1.1.0", &second),
        ("1.x", &second),
        ("<1.1", &first),
        (first.as_str(), &first),
        (&third[..10], &third),
    ] {
        check_revision(&sandbox, &server, revision, want);
    }
}

#[test]
fn a_commit_no_reference_points_to_is_found_by_its_full_and_its_short_id() {
    let sandbox = Sandbox::new();
    let first = sandbox.repo.git(&["rev-parse", "HEAD"]);
    sandbox.repo.write("base/a.yaml", "a: 2\n").commit("second");
    sandbox.repo.write("base/a.yaml", "a: 3\n").commit("third");
    let server = sandbox.http(HttpAccess::Open);
    sandbox.open(&server.url("app"), "main").unwrap();
    check_revision(&sandbox, &server, &first[..8], &first);
    fs::remove_dir_all(sandbox.cache()).unwrap();
    check_revision(&sandbox, &server, &first, &first);
    fs::remove_dir_all(sandbox.cache()).unwrap();
    sandbox.repo.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    check_revision(&sandbox, &server, &first, &first);
    let source = sandbox.open(&server.url("app"), &first).unwrap();
    assert_eq!(text(&source, "base/a.yaml"), "a: 1\n");
}

#[test]
fn a_moved_branch_is_followed_and_only_new_commits_are_fetched() {
    let sandbox = Sandbox::new();
    for number in 0..5 {
        sandbox.repo.write("base/a.yaml", &format!("a: {number}\n")).commit("more");
    }
    let server = sandbox.http(HttpAccess::Open);
    sandbox.open(&server.url("app"), "main").unwrap();
    let mirror = git2::Repository::open(sandbox.mirror()).unwrap();
    assert!(mirror.is_shallow());
    let new = sandbox.repo.remove("base/a.yaml").write("base/b.yaml", "b: 1\n").commit("new");
    let source = sandbox.open(&server.url("app"), "main").unwrap();
    assert_eq!(source.revision, new);
    assert_eq!(text(&source, "base/b.yaml"), "b: 1\n");
    assert_eq!(source.tree.kind("base/a.yaml"), Ok(EntryKind::Missing));
}

#[test]
fn what_is_in_the_mirror_is_not_fetched_again() {
    let sandbox = Sandbox::new();
    let commit = sandbox.repo.git(&["rev-parse", "HEAD"]);
    let server = sandbox.http(HttpAccess::Open);
    sandbox.open(&server.url("app"), "main").unwrap();
    let after_first = server.requests();
    sandbox.open(&server.url("app"), "main").unwrap();
    assert_eq!(server.requests(), after_first + 1, "the list of references only");
    sandbox.open(&server.url("app.git"), &commit).unwrap();
    assert_eq!(server.requests(), after_first + 1, "nothing for a full commit id");
}

#[test]
fn one_run_asks_a_repository_once() {
    let sandbox = Sandbox::new();
    sandbox.repo.tag("v1.0.0");
    let server = sandbox.http(HttpAccess::Open);
    let sources = sandbox.sources();
    let first = open(&sources, &request(&server.url("app"), "main")).unwrap();
    let asked = server.requests();
    sandbox.repo.commit("later");
    for revision in ["main", "HEAD", "v1.0.0", "1.x"] {
        let again = open(&sources, &request(&server.url("app"), revision)).unwrap();
        assert_eq!(again.revision, first.revision, "{revision}");
    }
    assert_eq!(server.requests(), asked);
}

#[test]
fn a_password_opens_the_repository() {
    let sandbox = Sandbox::new();
    let server = sandbox.http(basic());
    let mut request = request(&server.url("app"), "main");
    request.credentials = Some(with_password(PASSWORD));
    open(&sandbox.sources(), &request).unwrap();
    sandbox.open(&server.url_with(&format!("me:{PASSWORD}"), "app"), "").unwrap();
    let config = SourcesConfig { credentials: with_password(PASSWORD), ..sandbox.config() };
    request.credentials = Some(with_password("wrong"));
    open(&GitSources::new(config), &request).unwrap();
}

#[test]
fn wrong_and_missing_credentials_are_refused_without_showing_them() {
    let sandbox = Sandbox::new();
    let server = sandbox.http(basic());
    let mut wrong = request(&server.url_with("me:in-the-url", "app"), "main");
    wrong.credentials = Some(with_password("wrong-word"));
    let error = open(&sandbox.sources(), &wrong).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Denied);
    assert!(error.message.contains(&server.url("app")), "{}", error.message);
    assert_eq!(error.hint, "tried: password in the URL, password from repository Secret");
    assert!(!format!("{error:?}").contains("wrong-word"));
    assert!(!format!("{error:?}").contains("in-the-url"));
    let error = sandbox.open(&server.url("app"), "main").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Denied);
    assert!(error.hint.contains("TIPHYS_GIT_PASSWORD"), "{}", error.hint);
}

#[test]
fn a_bearer_token_opens_the_repository() {
    let sandbox = Sandbox::new();
    let server = sandbox.http(HttpAccess::Bearer("t0ken".to_owned()));
    let with_token = |token: &str| {
        let mut request = request(&server.url("app"), "main");
        request.credentials = Some(RepositoryCredentials {
            bearer_token: Secret::new(token),
            ..RepositoryCredentials::default()
        });
        open(&sandbox.sources(), &request)
    };
    with_token("t0ken").unwrap();
    let error = with_token("wrong-token").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Denied);
    assert!(!format!("{error:?}").contains("wrong-token"));
}

#[test]
fn what_is_missing_is_named() {
    let sandbox = Sandbox::new();
    let server = sandbox.http(HttpAccess::Open);
    let absent = sandbox.folder.path().join("absent").display().to_string();
    for url in [server.url("absent"), absent] {
        let error = sandbox.open(&url, "main").unwrap_err();
        assert_eq!(error.kind, SourceErrorKind::RepositoryMissing, "{error:?}");
        assert!(error.message.contains(&url), "{error:?}");
    }
    let unknown = "0123456789012345678901234567890123456789";
    for url in [server.url("app"), sandbox.repo.path().display().to_string()] {
        for revision in ["mian", "3.x", "0123456", unknown] {
            let error = sandbox.open(&url, revision).unwrap_err();
            assert_eq!(error.kind, SourceErrorKind::RevisionMissing, "{error:?}");
            assert!(error.message.contains(revision), "{error:?}");
        }
        assert_eq!(sandbox.open(&url, "mian").unwrap_err().hint, "did you mean main?");
    }
}

#[test]
fn an_empty_repository_and_a_folder_without_one_are_told_apart() {
    let sandbox = Sandbox::new();
    GitRepo::create(&sandbox.root().join("empty"));
    let server = sandbox.http(HttpAccess::Open);
    for url in [server.url("empty"), sandbox.root().join("empty").display().to_string()] {
        let error = sandbox.open(&url, "").unwrap_err();
        assert_eq!(error.kind, SourceErrorKind::RevisionMissing, "{error:?}");
        assert!(error.hint.contains("empty"), "{error:?}");
    }
    let error = sandbox.open(&sandbox.root().display().to_string(), "").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::RepositoryMissing);
    assert!(error.hint.contains("--local"), "{error:?}");
}

#[test]
fn bare_repositories_and_worktrees_are_read_in_place() {
    let sandbox = Sandbox::new();
    let bare = sandbox.root().join("bare.git");
    let worktree = sandbox.root().join("worktree");
    let paths = [bare.display().to_string(), worktree.display().to_string()];
    sandbox.repo.git(&["clone", "--quiet", "--bare", ".", &paths[0]]);
    sandbox.repo.git(&["worktree", "add", "--quiet", "--detach", &paths[1]]);
    for path in &paths {
        let source = sandbox.open(path, "HEAD").unwrap();
        assert_eq!(text(&source, "base/a.yaml"), "a: 1\n");
    }
    assert!(!sandbox.cache().exists());
}

#[test]
fn links_are_followed_inside_a_commit_only() {
    let sandbox = Sandbox::new();
    sandbox
        .repo
        .write("apps/x/b.yaml", "b: 1\n")
        .link("apps/to-base", "../base")
        .link("apps/out", "../../etc/passwd")
        .link("apps/x/loop", "loop")
        .link("base/dangling", "nothing")
        .commit("links");
    let source = sandbox.open(&sandbox.repo.path().display().to_string(), "").unwrap();
    let tree = &source.tree;
    assert_eq!(text(&source, "apps/to-base/a.yaml"), "a: 1\n");
    assert_eq!(tree.kind("apps/to-base"), Ok(EntryKind::Directory));
    assert_eq!(tree.kind("base/dangling"), Ok(EntryKind::Missing));
    assert!(matches!(tree.read("apps/out"), Err(TreeError::Escapes { .. })));
    assert!(matches!(tree.read("../x"), Err(TreeError::Escapes { .. })));
    assert!(matches!(tree.read("apps/x/loop"), Err(TreeError::LinkLoop { .. })));
    assert!(matches!(tree.list("apps"), Err(TreeError::Escapes { .. })));
    assert!(matches!(tree.list("base/a.yaml"), Err(TreeError::WrongKind { .. })));
    assert!(matches!(tree.read("base"), Err(TreeError::WrongKind { .. })));
    assert!(matches!(tree.read("absent"), Err(TreeError::Missing { .. })));
    let names: Vec<_> = tree.list("").unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["apps", "base"]);
}

#[test]
fn a_submodule_says_what_it_is() {
    let sandbox = Sandbox::new();
    let commit = sandbox.repo.git(&["rev-parse", "HEAD"]);
    let entry = format!("160000,{commit},vendored");
    sandbox.repo.git(&["update-index", "--add", "--cacheinfo", &entry]);
    sandbox.repo.git(&["commit", "--quiet", "-m", "submodule"]);
    let source = sandbox.open(&sandbox.repo.path().display().to_string(), "").unwrap();
    let error = source.tree.list("vendored").unwrap_err();
    assert!(error.to_string().contains("submodule"), "{error}");
    let entries = source.tree.list("").unwrap();
    assert_eq!(entries[1].kind, EntryKind::Missing, "{entries:?}");
}

/// Breaks the mirror with `damage` and checks that the repository opens and reads all the same.
fn check_healed(name: &str, damage: impl Fn(&Path)) {
    let sandbox = Sandbox::new();
    let server = sandbox.http(HttpAccess::Open);
    let commit = sandbox.open(&server.url("app"), "main").unwrap().revision;
    damage(&sandbox.mirror());
    for revision in ["main", &commit] {
        let source = sandbox.open(&server.url("app"), revision).unwrap();
        assert_eq!(text(&source, "base/a.yaml"), "a: 1\n", "{name}");
    }
    let left = fs::read_dir(sandbox.cache().join("git")).unwrap().count();
    assert_eq!(left, 2, "{name}: the mirror and its lock");
}

fn packs(mirror: &Path, kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(mirror.join("objects/pack")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let packs: Vec<_> = paths.filter(|path| path.extension().is_some_and(|e| e == kind)).collect();
    assert!(!packs.is_empty());
    packs
}

#[test]
fn a_damaged_mirror_is_replaced() {
    check_healed("truncated pack", |mirror| {
        for pack in packs(mirror, "pack") {
            let bytes = fs::read(&pack).unwrap();
            fs::remove_file(&pack).unwrap();
            fs::write(&pack, &bytes[..bytes.len() / 2]).unwrap();
        }
    });
    check_healed("garbage in the middle of a pack", |mirror| {
        for pack in packs(mirror, "pack") {
            let mut bytes = fs::read(&pack).unwrap();
            let end = bytes.len() - 20;
            bytes[12..end].fill(0xff);
            fs::remove_file(&pack).unwrap();
            fs::write(&pack, &bytes).unwrap();
        }
    });
    check_healed("missing pack", |mirror| {
        for pack in packs(mirror, "pack") {
            fs::remove_file(pack).unwrap();
        }
    });
    check_healed("garbage in the index", |mirror| {
        for index in packs(mirror, "idx") {
            fs::remove_file(&index).unwrap();
            fs::write(&index, "garbage").unwrap();
        }
    });
    check_healed("garbage in HEAD", |mirror| {
        fs::write(mirror.join("HEAD"), "garbage").unwrap();
    });
    check_healed("garbage in config", |mirror| {
        fs::write(mirror.join("config"), "[garbage").unwrap();
    });
    check_healed("garbage in a reference", |mirror| {
        for entry in fs::read_dir(mirror.join("refs/tiphys")).unwrap() {
            fs::write(entry.unwrap().path(), "garbage").unwrap();
        }
    });
    check_healed("no object database", |mirror| {
        fs::remove_dir_all(mirror.join("objects")).unwrap();
    });
}

#[test]
fn damage_found_while_reading_is_mended() {
    let sandbox = Sandbox::new();
    sandbox.repo.write("base/b.yaml", "b: 1\n").commit("more");
    let server = sandbox.http(HttpAccess::Open);
    sandbox.open(&server.url("app"), "main").unwrap();
    let source = sandbox.open(&server.url("app"), "main").unwrap();
    for kind in ["pack", "idx"] {
        for file in packs(&sandbox.mirror(), kind) {
            fs::remove_file(file).unwrap();
        }
    }
    assert_eq!(text(&source, "base/a.yaml"), "a: 1\n");
    assert_eq!(text(&source, "base/b.yaml"), "b: 1\n");
}

#[test]
fn leftovers_of_a_killed_process_are_cleared() {
    let sandbox = Sandbox::new();
    let server = sandbox.http(HttpAccess::Open);
    sandbox.open(&server.url("app"), "main").unwrap();
    let mirror = sandbox.mirror();
    let name = mirror.file_name().unwrap().to_string_lossy().into_owned();
    let half_made = mirror.with_file_name(format!(".{name}.new-1"));
    fs::create_dir(&half_made).unwrap();
    let half_received = mirror.join("objects/pack/pack_git2_abcdef");
    fs::write(&half_received, "").unwrap();
    sandbox.repo.commit("new");
    sandbox.open(&server.url("app"), "main").unwrap();
    assert!(!half_made.exists() && !half_received.exists());
}

#[test]
fn a_cache_that_cannot_be_written_is_named_with_a_hint() {
    let sandbox = Sandbox::new();
    let server = sandbox.http(HttpAccess::Open);
    // A file in the way stops root too.
    fs::write(sandbox.cache(), "").unwrap();
    let error = sandbox.open(&server.url("app"), "main").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Cache, "{error:?}");
    assert!(error.message.contains(&sandbox.cache().display().to_string()), "{error:?}");
    assert!(error.hint.contains("TIPHYS_CACHE_DIR"), "{error:?}");
}

#[test]
fn a_fault_of_the_network_is_tried_again() {
    let sandbox = Sandbox::new();
    let server = sandbox.http(HttpAccess::Open);
    server.fail_next(2);
    sandbox.open(&server.url("app"), "main").unwrap();
    server.fail_next(3);
    let error = sandbox.open(&server.url("app"), "HEAD").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Unreachable, "{error:?}");
}

#[test]
fn a_server_that_is_not_there_is_unreachable() {
    let sandbox = Sandbox::new();
    let url = {
        let server = sandbox.http(HttpAccess::Open);
        server.url("app")
    };
    let error = sandbox.open(&url, "main").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Unreachable, "{error:?}");
    assert!(error.message.contains(&url), "{error:?}");
}

#[test]
fn a_silent_server_times_out() {
    let sandbox = Sandbox::new();
    let server = GitHttpServer::start_silent();
    let config = SourcesConfig { network_timeout: Duration::from_millis(200), ..sandbox.config() };
    let error = open(&GitSources::new(config), &request(&server.url("app"), "main")).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Unreachable, "{error:?}");
    assert!(error.message.contains("no answer from 127.0.0.1"), "{error:?}");
}

#[test]
fn an_interrupt_stops_a_fetch_at_once() {
    let sandbox = Sandbox::new();
    let server = GitHttpServer::start_silent();
    let interrupt = Arc::new(AtomicBool::new(false));
    let config = SourcesConfig { interrupt: interrupt.clone(), ..sandbox.config() };
    let sources = GitSources::new(config);
    let url = server.url("app");
    let waiting = std::thread::spawn(move || open(&sources, &request(&url, "main")));
    interrupt.store(true, Ordering::SeqCst);
    let error = waiting.join().unwrap().unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Interrupted, "{error:?}");
}

#[test]
fn tls_certificates_are_trusted_by_authority_by_themselves_or_not_at_all() {
    let sandbox = Sandbox::new();
    let server = GitHttpServer::start_tls(&sandbox.root(), HttpAccess::Open);
    let try_with = |certificates: &str, insecure: bool| {
        let mut request = request(&server.url("app"), "main");
        request.credentials = Some(RepositoryCredentials {
            tls_certificates: certificates.to_owned(),
            insecure,
            ..RepositoryCredentials::default()
        });
        open(&sandbox.sources(), &request)
    };
    try_with(TLS_AUTHORITY, false).unwrap();
    try_with(TLS_CERTIFICATE, false).unwrap();
    try_with("", true).unwrap();
    let error = try_with("", false).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Untrusted, "{error:?}");
    assert!(error.hint.contains("argocd-tls-certs-cm"), "{error:?}");
}

#[test]
fn a_locked_mirror_is_waited_for_and_the_wait_can_be_interrupted() {
    let sandbox = Sandbox::new();
    let server = sandbox.http(HttpAccess::Open);
    sandbox.open(&server.url("app"), "main").unwrap();
    let name = sandbox.mirror().file_name().unwrap().to_string_lossy().into_owned();
    let lock = fs::File::open(sandbox.cache().join("git").join(format!(".{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let asked = server.requests();
    let interrupt = Arc::new(AtomicBool::new(false));
    let config = SourcesConfig { interrupt: interrupt.clone(), ..sandbox.config() };
    let url = server.url("app");
    let waiting =
        std::thread::spawn(move || open(&GitSources::new(config), &request(&url, "main")));
    interrupt.store(true, Ordering::SeqCst);
    let error = waiting.join().unwrap().unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Interrupted, "{error:?}");
    assert_eq!(server.requests(), asked);
    lock.unlock().unwrap();
    sandbox.open(&server.url("app"), "main").unwrap();
}
