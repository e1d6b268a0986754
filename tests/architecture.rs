//! Boundaries that cannot rot: layers, confinement of crates, sizes, module docs, no forgotten
//! files. The tables here are those of `src/README.md`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file, in lines.
const FILE_LINES_MAX: usize = 600;
/// Longest function, in lines from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Which modules of this crate a module may name.
const LAYERS: &[(&str, &[&str])] = &[
    ("support", &[]),
    ("yaml", &["support"]),
    ("model", &["yaml", "support"]),
    ("render", &["model", "yaml", "support"]),
    ("health", &["model", "yaml", "support"]),
    ("compare", &["render", "health", "model", "yaml", "support"]),
    ("plan", &["compare", "health", "model", "yaml", "support"]),
    ("ports", &["render", "model", "yaml", "support"]),
    ("sources", &["ports", "render", "model", "yaml", "support"]),
    ("cluster", &["ports", "model", "yaml", "support"]),
    ("store", &["ports", "cluster", "model", "yaml", "support"]),
    ("engine", &["ports", "plan", "compare", "health", "render", "model", "yaml", "support"]),
];

/// Which modules may name an external crate; crates not listed are free.
const CONFINED: &[(&str, &[&str])] = &[
    ("kube", &["cluster", "store"]),
    ("k8s_openapi", &["cluster", "store"]),
    ("git2", &["sources"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("comfy_table", &["cli"]),
    ("indicatif", &["cli"]),
    ("dialoguer", &["cli"]),
    ("serde_yaml", &["yaml"]),
    ("granit_parser", &["yaml"]),
    ("anyhow", &["engine", "cli"]),
    ("tokio", &["engine", "sources", "cluster", "store", "cli"]),
    ("imara_diff", &["compare"]),
];

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The top-level module the file belongs to.
    fn module(&self) -> String {
        let relative = self.path.strip_prefix(root().join("src")).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_string_lossy();
        first.trim_end_matches(".rs").to_owned()
    }

    /// The lines before the unit tests.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let tests = self.text.find("#[cfg(test)]").unwrap_or(self.text.len());
        self.text[..tests].lines().enumerate().map(|(i, line)| (i + 1, line))
    }

    fn describe(&self, line: usize) -> String {
        format!("{}:{line}", self.path.strip_prefix(root()).unwrap().display())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push(Source { path, text });
        }
    }
    found
}

fn sources() -> Vec<Source> {
    rust_files(&root().join("src"))
}

/// The parts of a line that are code: no comments, no string contents.
fn code_of(line: &str) -> &str {
    line.find("//").map_or(line, |start| &line[..start])
}

/// Modules of this crate that a line names as `crate::module`.
fn named_modules(line: &str) -> Vec<String> {
    code_of(line)
        .match_indices("crate::")
        .map(|(at, found)| {
            let rest = &line[at + found.len()..];
            rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        })
        .collect()
}

fn names_crate(line: &str, name: &str) -> bool {
    let code = code_of(line);
    code.match_indices(&format!("{name}::"))
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
        || code.trim_start().starts_with(&format!("use {name};"))
}

#[track_caller]
fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn arrows_point_one_way() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut problems = Vec::new();
    for source in sources() {
        let module = source.module();
        let Some(allowed) = layers.get(module.as_str()) else { continue };
        for (number, line) in source.code() {
            for named in named_modules(line) {
                if named != module && !allowed.contains(&named.as_str()) && named != "r" {
                    problems
                        .push(format!("{}: {module} may not use {named}", source.describe(number)));
                }
            }
        }
    }
    none(&problems);
}

#[test]
fn only_the_composition_root_names_adapters() {
    let adapters = ["sources", "cluster", "store"];
    let mut problems = Vec::new();
    for source in sources().iter().filter(|source| source.module() == "cli") {
        if source.path.ends_with("cli/context.rs") {
            continue;
        }
        for (number, line) in source.code() {
            if named_modules(line).iter().any(|named| adapters.contains(&named.as_str())) {
                problems
                    .push(format!("{}: only cli::context names adapters", source.describe(number)));
            }
        }
    }
    none(&problems);
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut problems = Vec::new();
    for source in sources() {
        let module = source.module();
        for (name, rooms) in CONFINED {
            if rooms.contains(&module.as_str()) {
                continue;
            }
            for (number, line) in source.code().filter(|(_, line)| names_crate(line, name)) {
                let _ = line;
                problems.push(format!("{}: {name} belongs to {rooms:?}", source.describe(number)));
            }
        }
    }
    none(&problems);
}

#[test]
fn serde_yaml_is_named_in_one_file() {
    let files: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.text.contains("serde_yaml::"))
        .map(|source| source.path)
        .collect();
    assert_eq!(files, [root().join("src/yaml/config.rs")]);
}

#[test]
fn files_are_short_and_open_with_their_purpose() {
    let mut problems = Vec::new();
    for source in sources().into_iter().chain(rust_files(&root().join("tests"))) {
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            problems.push(format!("{}: {lines} lines", source.describe(1)));
        }
        let opening = source.text.lines().find(|line| !line.starts_with("#!["));
        let is_crate_root = source.path.ends_with("src/lib.rs");
        if !is_crate_root && !opening.is_some_and(|line| line.starts_with("//!")) {
            problems.push(format!("{}: does not open with //!", source.describe(1)));
        }
    }
    none(&problems);
}

#[test]
fn functions_fit_on_a_screen() {
    let mut problems = Vec::new();
    for source in sources() {
        for (start, length) in functions(&source) {
            if length > FUNCTION_LINES_MAX {
                problems.push(format!("{}: function of {length} lines", source.describe(start)));
            }
        }
    }
    none(&problems);
}

/// Start line and length of each function: from the `fn` to the first closing brace at its own
/// indentation, which is how rustfmt lays functions out.
fn functions(source: &Source) -> Vec<(usize, usize)> {
    let lines: Vec<(usize, &str)> = source.code().collect();
    let mut found = Vec::new();
    for (index, (number, line)) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let is_function =
            ["fn ", "pub fn ", "pub(crate) fn ", "async fn ", "pub async fn ", "const fn "]
                .iter()
                .any(|start| trimmed.starts_with(start));
        if !is_function {
            continue;
        }
        let signature_end = lines[index..].iter().find(|(_, line)| line.ends_with(['{', ';', '}']));
        if signature_end.is_some_and(|(_, line)| !line.ends_with('{')) {
            continue;
        }
        let indent = line.len() - trimmed.len();
        let closing = format!("{}}}", " ".repeat(indent));
        let end = lines[index..].iter().find(|(_, line)| *line == closing);
        if let Some((end, _)) = end {
            found.push((*number, end - number + 1));
        }
    }
    found
}

/// More packages than this in Cargo.lock need a reason and a new number here.
const PACKAGES_MAX: usize = 280;

#[test]
fn dependencies_stay_few() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let count = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(count <= PACKAGES_MAX, "{count} packages, {PACKAGES_MAX} are allowed");
}

#[test]
fn no_test_file_is_forgotten() {
    let main = fs::read_to_string(root().join("tests/main.rs")).unwrap();
    let harness = fs::read_to_string(root().join("tests/harness/mod.rs")).unwrap();
    let mut problems = Vec::new();
    for (folder, list) in [("tests", &main), ("tests/harness", &harness)] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let is_rust = path.extension().is_some_and(|extension| extension == "rs");
            if is_rust && name != "main" && name != "mod" && !list.contains(&format!("mod {name};"))
            {
                problems.push(format!("{} is not declared", path.display()));
            }
        }
    }
    none(&problems);
}
