//! The binary under test in a folder of its own: cleared environment, own home and cache, the
//! test cluster's kubeconfig and nobody else's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::control_plane;

/// A folder to run the binary in.
pub struct Sandbox {
    folder: TempDir,
    kubeconfig: Option<PathBuf>,
}

/// What a command printed and answered.
#[derive(Debug)]
pub struct Run {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Exit code, -1 when a signal ended it.
    pub code: i32,
}

impl Sandbox {
    /// A sandbox with the test cluster's administrator.
    pub fn with_cluster() -> Self {
        Self { kubeconfig: Some(control_plane::kubeconfig().to_owned()), ..Self::offline() }
    }

    /// A sandbox without any cluster. Its path always has the same length, so that tables that
    /// show it keep their columns.
    pub fn offline() -> Self {
        let folder = tempfile::Builder::new().prefix("tiphys-").tempdir_in("/tmp").unwrap();
        Self { folder, kubeconfig: None }
    }

    /// A sandbox with another kubeconfig.
    pub fn with_kubeconfig(kubeconfig: &Path) -> Self {
        Self { kubeconfig: Some(kubeconfig.to_owned()), ..Self::offline() }
    }

    /// The sandbox's folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, making its folders.
    pub fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// A command with the sandbox's environment.
    pub fn command(&self, program: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_tiphys"));
        let mut command =
            Command::new(if program == "tiphys" { binary } else { Path::new(program) });
        let path = format!(
            "{}:{}",
            binary.parent().unwrap().display(),
            std::env::var("PATH").unwrap_or_default()
        );
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path().join("home"))
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .env("TIPHYS_ARGOCD_NAMESPACE", "argocd")
            .env("USER", "tester")
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "tester")
            .env("GIT_AUTHOR_EMAIL", "tester@example.com")
            .env("GIT_COMMITTER_NAME", "tester")
            .env("GIT_COMMITTER_EMAIL", "tester@example.com")
            .stdin(Stdio::null());
        if let Some(kubeconfig) = &self.kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        command
    }

    /// Runs tiphys with arguments.
    pub fn tiphys(&self, arguments: &[&str]) -> Run {
        Run::from(self.command("tiphys").args(arguments).output().unwrap())
    }

    /// Starts tiphys in the background.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command("tiphys")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs a line of bash.
    pub fn shell(&self, line: &str) -> Run {
        Run::from(self.command("bash").args(["-c", line]).output().unwrap())
    }

    /// Runs a line of bash that must succeed.
    #[track_caller]
    pub fn setup(&self, line: &str) {
        let run = self.shell(line);
        assert_eq!(run.code, 0, "{line}\n{}{}", run.stdout, run.stderr);
    }
}

impl Run {
    /// Checks the exit code and hands the run on.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that the exit code is one of several.
    #[track_caller]
    pub fn exits_one_of(self, codes: &[i32]) -> Self {
        assert!(
            codes.contains(&self.code),
            "exit code {}\nstdout:\n{}\nstderr:\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Checks that stdout or stderr has `text` in it.
    #[track_caller]
    pub fn complains_or_says(self, text: &str) -> Self {
        let found = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(found, "nothing says {text:?}:\n{}{}", self.stdout, self.stderr);
        self
    }

    /// Checks that stdout has `text` in it.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "stdout lacks {text:?}:\n{}{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Checks that stderr has `text` in it.
    #[track_caller]
    pub fn complains(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "stderr lacks {text:?}:\n{}", self.stderr);
        self
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

/// A name that no other test of this run has.
pub fn unique(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
