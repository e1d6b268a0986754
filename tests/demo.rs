//! `make demo` does what it says, on a cluster of its own.

use std::path::Path;
use std::process::Command;

#[test]
fn the_demo_plays_to_its_end() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("tests/demo.sh"))
        .env("TIPHYS", env!("CARGO_BIN_EXE_tiphys"))
        .env("KUBECONFIG", "/nonexistent")
        .env_remove("KEEP")
        .env_remove("DEMO_KUBECONFIG")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    for wanted in [
        "Sync Status:        OutOfSync from main (",
        "Sync Status:        Synced to main (",
        "Health Status:      Healthy",
        "1 resources require pruning",
        "Kx3-example",
        "application 'user-service' deleted",
    ] {
        assert!(text.contains(wanted) || errors.contains(wanted), "no {wanted:?} in\n{text}");
    }
}
