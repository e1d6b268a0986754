//! Transcripts as tests: Markdown with `console` blocks, run line by line and compared.
//!
//! In a block, `$ ` starts a command; the lines up to the next command are its stdout, then
//! its stderr with `[stderr] ` before each line, then `(exit code N)` unless it is 0. Lines
//! that follow `$ ` and belong to a here-document go with the command. All blocks of a file run
//! in one shell, so variables last. `UPDATE=1` rewrites the file.
//!
//! What differs from run to run is shown as a word of the same width, so that tables stay
//! aligned: times, revisions, durations, uids, ports and the folder of the sandbox. The live
//! table of `sync` and `wait` is compared object by object: which of two objects changes first
//! is chance, what becomes of one of them is not.

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
                    if by_object(&got) == by_object(&step.wanted) {
                        let _ = write!(fresh, "$ {}\n{}", step.command, step.wanted);
                        continue;
                    }
                    let _ = write!(
                        failures,
                        "\n$ {}\n--- wanted\n{}--- got\n{got}",
                        step.command, step.wanted
                    );
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

/// The lines of a live table sorted by object, each object's lines in their order; all other
/// lines where they are.
fn by_object(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    let Some(header) = lines.iter().position(|line| line.starts_with("TIMESTAMP ")) else {
        return lines;
    };
    let name_end = lines[header].find(" NAME ").map_or(0, |start| start + " NAME".len());
    let rows = lines[header + 1..].iter().take_while(|line| line.starts_with(STREAM_TIME)).count();
    lines[header + 1..=header + rows].sort_by_key(|line| line.get(..name_end));
    lines
}

/// What stands for a time in a live table, where times have no blanks.
const STREAM_TIME: &str = "YYYY-MM-DDThh:mm:ss+00:00";
/// What stands for the sandbox's folder: as long as the folder's own path.
const FOLDER: &str = "/home/alice/gitops";

/// Commands run one after another with the same variables.
struct Shell<'a> {
    sandbox: &'a Sandbox,
    filters: Vec<(Regex, &'static str)>,
}

impl<'a> Shell<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        let filter = |pattern: &str, text| (Regex::new(pattern).unwrap(), text);
        let folder = sandbox.path().to_string_lossy();
        assert_eq!(folder.len(), FOLDER.len(), "{folder} would shift the columns of tables");
        let uuid = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b";
        Self {
            sandbox,
            filters: vec![
                filter(&regex::escape(&folder), FOLDER),
                filter(
                    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC",
                    "YYYY-MM-DD hh:mm:ss +0000 UTC",
                ),
                filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", STREAM_TIME),
                filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "YYYY-MM-DDThh:mm:ssZ"),
                filter(r"\b[0-9a-f]{40}\b", "REVISION"),
                filter(r"\(([0-9a-f]{7})\)", "(SHA)"),
                filter(r"(?m)^(Duration: +)\S+$", "${1}DURATION"),
                filter(uuid, "UID"),
                filter(r"https://127\.0\.0\.1:\d+", "https://SERVER"),
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
