//! The cluster of this test run: a real API server, started once, gone with the test process.
//!
//! `TIPHYS_TEST_KUBECONFIG` names another cluster instead; it must hold the ConfigMap
//! `kube-system/tiphys-disposable`. A cluster that cannot be had fails the test that asks for it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use super::api::Api;

/// The running cluster.
pub struct ControlPlane {
    /// Kubeconfig of a cluster administrator.
    pub admin: PathBuf,
    /// Kubeconfig of a user who may look into namespace `limited-view` only, without Secrets.
    pub limited: PathBuf,
}

static CONTROL_PLANE: OnceLock<Result<ControlPlane, String>> = OnceLock::new();
/// The supervisor; it watches this process and ends with it.
static SUPERVISOR: Mutex<Option<Child>> = Mutex::new(None);

/// The cluster of this run.
pub fn get() -> &'static ControlPlane {
    match CONTROL_PLANE.get_or_init(start) {
        Ok(cluster) => cluster,
        Err(reason) => panic!("this test needs the test cluster: {reason}"),
    }
}

/// Kubeconfig of its administrator.
pub fn kubeconfig() -> &'static Path {
    &get().admin
}

fn start() -> Result<ControlPlane, String> {
    match std::env::var_os("TIPHYS_TEST_KUBECONFIG") {
        Some(file) => foreign(PathBuf::from(file)),
        None => own(),
    }
}

fn foreign(admin: PathBuf) -> Result<ControlPlane, String> {
    let marker = "/api/v1/namespaces/kube-system/configmaps/tiphys-disposable";
    if Api::with(&admin).get(marker).is_none() {
        return Err("TIPHYS_TEST_KUBECONFIG names a cluster without the ConfigMap \
                    kube-system/tiphys-disposable; refusing to touch it"
            .to_owned());
    }
    let limited = admin.with_file_name("limited.kubeconfig");
    Ok(ControlPlane { admin, limited })
}

fn own() -> Result<ControlPlane, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = binary(root)?;
    let dir = std::env::temp_dir().join(format!("tiphys-test-{}", std::process::id()));
    eprintln!("starting the test cluster in {}", dir.display());
    let mut child = Command::new(&binary)
        .args(["up", "--nodes", "3", "--parent-pid", &std::process::id().to_string(), "--dir"])
        .arg(&dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", binary.display()))?;
    let stdout = child.stdout.take().ok_or("no stdout")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).map_err(|error| error.to_string())?;
    if !line.starts_with("ready ") {
        return Err(format!("the test cluster did not start, see its logs in {}", dir.display()));
    }
    *SUPERVISOR.lock().unwrap() = Some(child);
    Ok(ControlPlane {
        admin: dir.join("admin.kubeconfig"),
        limited: dir.join("limited.kubeconfig"),
    })
}

/// Builds the cluster's binary, or finds it in the cache.
fn binary(root: &Path) -> Result<PathBuf, String> {
    let output = Command::new(root.join("tests/cluster/build.sh"))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("tests/cluster/build.sh: {error}"))?;
    if !output.status.success() {
        return Err("tests/cluster/build.sh failed".to_owned());
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}
