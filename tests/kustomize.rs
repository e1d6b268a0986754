//! Recorded answers of kustomize against ours: every folder of tests/cases/kustomize.
//!
//! `in/` is the source, `entry` names the folder below it that is built, `flags` the flags. Ours
//! must equal `want.yaml` to the byte and `want.warnings` to the line, and must fail where there
//! is `want.error`; messages are our own. tests/oracle/kustomize/record.sh records them.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads its cases")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tiphys::render::kustomize::{
    BuildOptions, BuildOutput, KustomizeError, LoadRestrictor, Reorder, build, to_yaml,
};
use tiphys::render::tree::{EntryKind, ReadTree, TreeEntry, TreeError};

/// The files of a case on disk; cases have no links.
struct Folder(PathBuf);

impl ReadTree for Folder {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, TreeError> {
        let missing = |_| TreeError::Missing { path: path.to_owned() };
        Ok(fs::read(self.0.join(path)).map_err(missing)?.into())
    }

    fn kind(&self, path: &str) -> Result<EntryKind, TreeError> {
        let path = self.0.join(path);
        Ok(match (path.is_file(), path.is_dir()) {
            (true, _) => EntryKind::File,
            (_, true) => EntryKind::Directory,
            _ => EntryKind::Missing,
        })
    }

    fn list(&self, path: &str) -> Result<Vec<TreeEntry>, TreeError> {
        let entries = fs::read_dir(self.0.join(path)).unwrap().map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            TreeEntry { kind: self.kind(&format!("{path}/{name}")).unwrap(), name }
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/kustomize");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    assert!(cases.len() > 60, "the recorded cases are missing");
    cases
}

fn options(flags: &str) -> BuildOptions {
    let mut options = BuildOptions::default();
    for flag in flags.split_whitespace() {
        match flag {
            "--load-restrictor=LoadRestrictionsNone" => {
                options.load_restrictor = LoadRestrictor::None;
            }
            "--reorder=none" => options.reorder = Reorder::None,
            other => panic!("the test does not know {other}"),
        }
    }
    options
}

fn run(case: &Path) -> Result<BuildOutput, KustomizeError> {
    let text = |name: &str| fs::read_to_string(case.join(name)).unwrap_or_default();
    build(&Folder(case.join("in")), text("entry").trim(), &options(&text("flags")))
}

#[test]
fn builds_equal_kustomizes() {
    let mut wrong = Vec::new();
    for case in cases() {
        let Ok(want) = fs::read_to_string(case.join("want.yaml")) else { continue };
        match run(&case) {
            Ok(output) if to_yaml(&output.resources) == want => {}
            Ok(output) => wrong.push(format!(
                "{}:\n== ours\n{}== want\n{want}",
                case.display(),
                to_yaml(&output.resources)
            )),
            Err(error) => wrong.push(format!("{}: {error}", case.display())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn warnings_equal_kustomizes() {
    for case in cases().iter().filter(|case| case.join("want.yaml").exists()) {
        let want = fs::read_to_string(case.join("want.warnings")).unwrap_or_default();
        let got: Vec<_> =
            run(case).unwrap().warnings.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(got.concat(), want, "{}", case.display());
    }
}

#[test]
fn what_kustomize_refuses_is_refused_with_the_file_named() {
    for case in cases().iter().filter(|case| case.join("want.error").exists()) {
        let error = match run(case) {
            Ok(output) => panic!("{}: built\n{}", case.display(), to_yaml(&output.resources)),
            Err(error) => error.to_string(),
        };
        assert!(!error.contains("not supported yet"), "{}: {error}", case.display());
    }
}
