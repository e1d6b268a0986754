//! Repositories that are wrong, closed, unreachable or damaged: one clear error that names the
//! repository, exit code 20, no credential in the output, nothing changed on the cluster.
#![expect(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests make and break files")]

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::harness::api::api;
use crate::harness::git_server::{GitHttpServer, GitSshServer, HttpAccess};
use crate::harness::sandbox::{Run, unique};
use crate::harness::shop::Shop;

const PASSWORD: &str = "s3cret-word";

fn basic() -> HttpAccess {
    HttpAccess::Basic { username: "me".to_owned(), password: PASSWORD.to_owned() }
}

/// A shop whose Application reads from `url`, created.
fn shop_at(shop: Shop, url: &str) -> Shop {
    let sandbox = &shop.sandbox;
    shop.write_application("  syncPolicy: {syncOptions: [CreateNamespace=true]}\n");
    let text = fs::read_to_string(sandbox.path().join("application.yaml")).unwrap();
    let own = format!("file://{}", sandbox.path().join("repo").display());
    sandbox.write("application.yaml", &text.replace(&own, url));
    sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
    shop
}

/// A shop whose repository is served over HTTP.
fn served(access: HttpAccess) -> (Shop, GitHttpServer) {
    let shop = Shop::new();
    let server = GitHttpServer::start(shop.sandbox.path(), access);
    let shop = shop_at(shop, &server.url("repo"));
    (shop, server)
}

/// Runs `tiphys app VERB NAME …` with variables set.
fn app_with(shop: &Shop, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = shop.sandbox.command("tiphys");
    command.arg("app").arg(arguments[0]).arg(&shop.name).args(&arguments[1..]);
    command.envs(variables.iter().copied());
    Run::from(command.output().unwrap())
}

#[track_caller]
fn never_synced(shop: &Shop) {
    assert!(api().get(&format!("/api/v1/namespaces/{}", shop.namespace)).is_none());
}

#[track_caller]
fn hides(run: Run, secret: &str) -> Run {
    let basic = STANDARD.encode(format!("me:{secret}"));
    for hidden in [secret, &basic] {
        assert!(!run.stdout.contains(hidden) && !run.stderr.contains(hidden), "{run:?}");
    }
    run
}

#[test]
fn a_misspelt_revision_is_told_with_those_near_it() {
    let shop = Shop::new();
    shop.create();
    let run = shop.app("diff", &["--revision", "mian"]).exits(20);
    run.complains("mian").complains("did you mean main?");
    shop.app("sync", &["--revision", "mian"]).exits_one_of(&[1, 20]).complains_or_says("mian");
    never_synced(&shop);
}

#[test]
fn a_repository_that_the_server_does_not_have_is_named() {
    let shop = Shop::new();
    let server = GitHttpServer::start(shop.sandbox.path(), HttpAccess::Open);
    let url = server.url("no-such-repository");
    let shop = shop_at(shop, &url);
    shop.app("diff", &[]).exits(20).complains(&url).complains("not found");
    shop.app("sync", &[]).exits_one_of(&[1, 20]).complains_or_says(&url);
    never_synced(&shop);
}

#[test]
fn wrong_credentials_are_told_and_never_shown() {
    let (shop, server) = served(basic());
    let none = shop.app("diff", &[]).exits(20);
    none.complains(&server.url("repo")).complains("TIPHYS_GIT_PASSWORD");
    let wrong = [("TIPHYS_GIT_USERNAME", "me"), ("TIPHYS_GIT_PASSWORD", "wr0ng-word")];
    for arguments in [&["diff", "-vvv"][..], &["sync", "-vvv"], &["get", "--refresh", "-vvv"]] {
        let run = hides(app_with(&shop, &wrong, arguments), "wr0ng-word");
        run.complains_or_says(&server.url("repo"));
    }
    app_with(&shop, &wrong, &["diff"]).exits(20).complains("tried: ");
    never_synced(&shop);
    let right = [("TIPHYS_GIT_USERNAME", "me"), ("TIPHYS_GIT_PASSWORD", PASSWORD)];
    hides(app_with(&shop, &right, &["diff", "-vvv"]), PASSWORD).exits(1);
}

#[test]
fn a_password_in_the_url_is_never_shown() {
    let shop = Shop::new();
    let server = GitHttpServer::start(shop.sandbox.path(), basic());
    let shop = shop_at(shop, &server.url_with("me:wr0ng-word", "repo"));
    for arguments in [&["diff", "-vvv"][..], &["sync", "-vvv"], &["get", "--refresh", "-vvv"]] {
        hides(app_with(&shop, &[], arguments), "wr0ng-word");
    }
    hides(shop.sandbox.tiphys(&["app", "list", "-o", "wide"]), "wr0ng-word").exits(0);
    shop.app("diff", &[]).exits(20).complains(&server.url("repo"));
}

#[test]
fn an_unknown_ssh_host_key_is_told_with_the_command_that_adds_it() {
    let shop = Shop::new();
    let server = GitSshServer::start();
    let url = server.url(&shop.sandbox.path().join("repo"));
    let shop = shop_at(shop, &url);
    shop.sandbox.write("key", &server.client_key());
    shop.sandbox.setup("chmod 600 key");
    let key = shop.sandbox.path().join("key");
    let variables = [("TIPHYS_GIT_SSH_KEY", key.to_str().unwrap())];
    let run = app_with(&shop, &variables, &["diff"]).exits(20);
    run.complains("127.0.0.1").complains("ssh-keyscan");
    app_with(&shop, &variables, &["sync"]).exits_one_of(&[1, 20]);
    never_synced(&shop);
    shop.sandbox.write("home/.ssh/known_hosts", &server.known_hosts());
    app_with(&shop, &variables, &["diff"]).exits(1);
    shop.sandbox.write("home/.ssh/known_hosts", &server.wrong_known_hosts());
    app_with(&shop, &variables, &["diff", "--refresh"]).exits(20).complains("ssh-keygen -R");
}

#[test]
fn an_unreachable_git_server_is_named() {
    let (shop, server) = served(HttpAccess::Open);
    let url = server.url("repo");
    drop(server);
    shop.app("diff", &[]).exits(20).complains(&url).complains("cannot be reached");
    shop.app("sync", &[]).exits_one_of(&[1, 20]).complains_or_says(&url);
    never_synced(&shop);
}

#[test]
fn a_server_whose_certificate_is_not_trusted_is_told_with_what_would_trust_it() {
    let shop = Shop::new();
    let server = GitHttpServer::start_tls(shop.sandbox.path(), HttpAccess::Open);
    let shop = shop_at(shop, &server.url("repo"));
    let run = shop.app("diff", &[]).exits(20);
    run.complains(&server.url("repo")).complains("not trusted").complains("SSL_CERT_FILE");
}

fn mirror(shop: &Shop) -> PathBuf {
    let folder = shop.sandbox.path().join("cache/tiphys/git");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_mirror = |path: &PathBuf| !path.file_name().unwrap().to_string_lossy().starts_with('.');
    names.into_iter().find(is_mirror).expect("a mirror in the cache")
}

/// Replaces the files below `folder` that end in one of `endings` by what `damage` makes of them.
fn damage(folder: &Path, endings: &[&str], damage: impl Fn(&[u8]) -> Vec<u8>) {
    let mut folders = vec![folder.to_owned()];
    let mut count = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|end| path.to_string_lossy().ends_with(end)) {
                let bytes = fs::read(&path).unwrap();
                // Packs are written without the right to write.
                fs::remove_file(&path).unwrap();
                fs::write(&path, damage(&bytes)).unwrap();
                count += 1;
            }
        }
    }
    assert!(count > 0, "nothing damaged");
}

#[test]
fn a_damaged_mirror_is_healed_on_the_way() {
    let (shop, _server) = served(HttpAccess::Open);
    let want = shop.app("diff", &[]).exits(1).stdout;
    let check = |name: &str, endings: &[&str], change: &dyn Fn(&[u8]) -> Vec<u8>| {
        damage(&mirror(&shop), endings, change);
        let run = shop.app("diff", &["--refresh"]).exits(1);
        assert_eq!(run.stdout, want, "{name}");
        assert!(!run.stderr.contains("error"), "{name}: {}", run.stderr);
    };
    check("packs and indices", &[".pack", ".idx"], &|_| b"garbage".to_vec());
    check("truncated packs", &[".pack"], &|bytes| bytes[..bytes.len() / 2].to_vec());
    check("HEAD", &["/HEAD"], &|_| b"garbage".to_vec());
    check("configuration", &["/config"], &|_| b"[garbage".to_vec());
    let folder = mirror(&shop);
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "a file in the place of the mirror").unwrap();
    assert_eq!(shop.app("diff", &["--refresh"]).exits(1).stdout, want);
}

#[test]
fn a_cache_in_the_way_is_told_with_the_variable_that_moves_it() {
    let (shop, _server) = served(HttpAccess::Open);
    shop.sandbox.write("file", "not a folder");
    let place = shop.sandbox.path().join("file");
    let variables = [("TIPHYS_CACHE_DIR", place.to_str().unwrap())];
    let run = app_with(&shop, &variables, &["diff"]).exits(20);
    run.complains("TIPHYS_CACHE_DIR").complains(place.to_str().unwrap());
    app_with(&shop, &variables, &["sync"]).exits_one_of(&[1, 20]);
    assert_eq!(fs::read_to_string(&place).unwrap(), "not a folder");
    never_synced(&shop);
}

#[test]
fn a_cache_that_may_not_be_written_is_told_with_the_variable_that_moves_it() {
    // Nobody but root can make files under /proc, and root cannot either.
    let (shop, _server) = served(HttpAccess::Open);
    let variables = [("TIPHYS_CACHE_DIR", "/proc/tiphys")];
    let run = app_with(&shop, &variables, &["diff"]).exits(20);
    run.complains("TIPHYS_CACHE_DIR").complains("/proc/tiphys");
}

#[test]
fn a_full_cache_is_told_and_leaves_nothing_half_written() {
    let (shop, _server) = served(HttpAccess::Open);
    let noise = shop.sandbox.path().join("repo/app/noise.bin");
    let mut word = 1_u64;
    let noisy = (0..400_000).map(|_| {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        word.to_be_bytes()[0]
    });
    fs::write(noise, noisy.collect::<Vec<_>>()).unwrap();
    shop.commit("noise that does not compress");
    // No file may grow beyond 200 KiB: what a full disk does to one that tries.
    let limited =
        format!("trap '' XFSZ; ulimit -f 200; exec tiphys app diff {} --refresh", shop.name);
    let run = shop.sandbox.shell(&limited).exits(20);
    run.complains("TIPHYS_CACHE_DIR");
    let packs = mirror(&shop).join("objects/pack");
    let left: Vec<_> =
        fs::read_dir(packs).into_iter().flatten().map(|e| e.unwrap().path()).collect();
    shop.app("diff", &["--refresh"]).exits(1);
    assert!(left.is_empty(), "{left:?}");
}

/// Makes a Secret in Argo CD's namespace; deleted when dropped.
struct RepositorySecret(String);

impl RepositorySecret {
    fn new(role: &str, url: &str, password: &str) -> Self {
        let name = unique("repository");
        let secret = json!({
            "metadata": {"name": name, "labels": {"argocd.argoproj.io/secret-type": role}},
            "stringData": {"url": url, "username": "me", "password": password, "type": "git"},
        });
        api().post("/api/v1/namespaces/argocd/secrets", &secret);
        Self(name)
    }
}

impl Drop for RepositorySecret {
    fn drop(&mut self) {
        api().delete(&format!("/api/v1/namespaces/argocd/secrets/{}", self.0));
    }
}

#[test]
fn a_repository_secret_opens_a_private_repository() {
    let (shop, server) = served(basic());
    let _secret = RepositorySecret::new("repository", &server.url("repo"), PASSWORD);
    hides(shop.app("diff", &["-vvv"]), PASSWORD).exits(1).says("colour: blue");
    shop.app("sync", &[]).exits(0).says("configmap/settings created");
}

#[test]
fn a_credentials_secret_opens_the_repositories_below_its_prefix() {
    let (shop, server) = served(basic());
    let other = RepositorySecret::new("repo-creds", &server.url("other"), PASSWORD);
    shop.app("diff", &[]).exits(20).complains("credentials");
    drop(other);
    let _secret = RepositorySecret::new("repo-creds", &server.url(""), PASSWORD);
    hides(shop.app("diff", &["-vvv"]), PASSWORD).exits(1).says("colour: blue");
}

#[test]
fn a_wrong_repository_secret_is_told_and_never_shown() {
    let (shop, server) = served(basic());
    let _secret = RepositorySecret::new("repository", &server.url("repo"), "wr0ng-word");
    let run = hides(shop.app("diff", &["-vvv"]), "wr0ng-word").exits(20);
    run.complains("repository Secret");
    never_synced(&shop);
}

#[test]
fn credentials_of_the_environment_win_over_secrets() {
    let (shop, server) = served(basic());
    let secret = RepositorySecret::new("repository", &server.url("repo"), "wr0ng-word");
    let right = [("TIPHYS_GIT_USERNAME", "me"), ("TIPHYS_GIT_PASSWORD", PASSWORD)];
    let requests_of_a_diff = || {
        let before = server.requests();
        app_with(&shop, &right, &["diff", "--refresh"]).exits(1);
        server.requests() - before
    };
    // The first one fetches.
    requests_of_a_diff();
    let with_secret = requests_of_a_diff();
    drop(secret);
    assert_eq!(with_secret, requests_of_a_diff(), "the Secret's password was tried first");
}
