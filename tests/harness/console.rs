//! Transcripts as tests: Markdown with `console` blocks, run line by line and compared.
//!
//! In a block, `$ ` starts a command; the lines up to the next command are its stdout, then
//! its stderr with `[stderr] ` before each line, then `(exit code N)` unless it is 0. Lines
//! that follow `$ ` and belong to a here-document go with the command. All blocks of a file run
//! in one shell, so variables last. `UPDATE=1` rewrites the file.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use regex::Regex;

use super::sandbox::Sandbox;

/// One command with what it should print.
struct Step {
    command: String,
    wanted: String,
}

/// Runs every `console` block of the file at `path` (relative to the project) in `sandbox`.
#[track_caller]
pub fn check(sandbox: &Sandbox, path: &str, section: Option<&str>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(&file).unwrap();
    let update = std::env::var_os("UPDATE").is_some();
    let mut shell = Shell::new(sandbox);
    let mut fresh = String::new();
    let mut failures = String::new();
    for piece in pieces(&text, section) {
        match piece {
            Piece::Prose(prose) => fresh.push_str(prose),
            Piece::Block(block) => {
                fresh.push_str("```console\n");
                for step in steps(block) {
                    let got = shell.run(&step.command);
                    if got != step.wanted {
                        let _ = write!(
                            failures,
                            "\n$ {}\n--- wanted\n{}--- got\n{got}",
                            step.command, step.wanted
                        );
                    }
                    let _ = write!(fresh, "$ {}\n{got}", step.command);
                }
                fresh.push_str("```\n");
            }
        }
    }
    if update {
        fs::write(&file, fresh).unwrap();
    } else {
        assert!(failures.is_empty(), "{path}:{failures}");
    }
}

enum Piece<'a> {
    Prose(&'a str),
    Block(&'a str),
}

/// Splits Markdown into prose and the insides of `console` blocks; blocks outside `section`
/// count as prose.
fn pieces<'a>(text: &'a str, section: Option<&str>) -> Vec<Piece<'a>> {
    let open = "```console\n";
    let mut found = Vec::new();
    let mut rest = text;
    let mut inside = section.is_none();
    while let Some(start) = rest.find(open) {
        let body = start + open.len();
        let end = body + rest[body..].find("\n```\n").expect("a console block is closed") + 1;
        if let (Some(section), Some(heading)) = (section, rest[..start].rfind("\n## ")) {
            inside = rest[heading + 4..].starts_with(section);
        }
        let after = end + "```\n".len();
        if inside {
            found.push(Piece::Prose(&rest[..start]));
            found.push(Piece::Block(&rest[body..end]));
        } else {
            found.push(Piece::Prose(&rest[..after]));
        }
        rest = &rest[after..];
    }
    found.push(Piece::Prose(rest));
    found
}

fn steps(block: &str) -> Vec<Step> {
    let mut found: Vec<Step> = Vec::new();
    let mut here_end: Option<String> = None;
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ").filter(|_| here_end.is_none()) {
            here_end = here_document(command);
            found.push(Step { command: command.to_owned(), wanted: String::new() });
            continue;
        }
        let step = found.last_mut().expect("a console block starts with a command");
        if let Some(end) = &here_end {
            step.command.push('\n');
            step.command.push_str(line);
            if line == end {
                here_end = None;
            }
        } else if step.command.ends_with('\\') {
            step.command.push('\n');
            step.command.push_str(line);
        } else {
            step.wanted.push_str(line);
            step.wanted.push('\n');
        }
    }
    found
}

fn here_document(command: &str) -> Option<String> {
    let word = command.split("<<").nth(1)?.split_whitespace().next()?;
    Some(word.trim_matches(['\'', '"']).to_owned())
}

/// Commands run one after another with the same variables.
struct Shell<'a> {
    sandbox: &'a Sandbox,
    filters: Vec<(Regex, &'static str)>,
}

impl<'a> Shell<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        let filter = |pattern: &str, text| (Regex::new(pattern).unwrap(), text);
        let folder = regex::escape(&sandbox.path().to_string_lossy());
        Self {
            sandbox,
            filters: vec![
                filter(&folder, "/TMP"),
                filter(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC", "TIME"),
                filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
                filter(r"\b[0-9a-f]{40}\b", "REVISION"),
                filter(r"\(([0-9a-f]{7})\)", "(SHA)"),
                filter(r"(?m)^(Duration: +)\S+$", "${1}DURATION"),
                filter(r"https://127\.0\.0\.1:\d+", "https://SERVER"),
                filter(r"file:///TMP", "file:///TMP"),
            ],
        }
    }

    fn run(&mut self, command: &str) -> String {
        let state = self.sandbox.path().join(".shell");
        let script = format!(
            "[ -f {0} ] && . {0}\n{command}\ncode=$?\nexport -p > {0}\nexit $code",
            state.display()
        );
        let run = self.sandbox.shell(&script);
        let mut text = run.stdout;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        for line in run.stderr.lines() {
            let _ = writeln!(text, "[stderr] {line}");
        }
        if run.code != 0 {
            let _ = writeln!(text, "(exit code {})", run.code);
        }
        for (pattern, replacement) in &self.filters {
            text = pattern.replace_all(&text, *replacement).into_owned();
        }
        text
    }
}
