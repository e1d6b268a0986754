//! What is generated from the definition of the command line: completions, man pages, the tables
//! of README. `make generate` writes the files; a test proves them current.

use clap::builder::Resettable;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::Arguments;
use super::env;
use super::exit::EXIT_CODES;

/// Shells with a completion script, and the file each goes to.
pub const COMPLETIONS: &[(Shell, &str)] = &[
    (Shell::Bash, "tiphys.bash"),
    (Shell::Zsh, "_tiphys"),
    (Shell::Fish, "tiphys.fish"),
    (Shell::PowerShell, "tiphys.ps1"),
    (Shell::Elvish, "tiphys.elv"),
];

/// The completion script of a shell.
pub fn completion(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tiphys", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Every man page: file name and text.
pub fn man_pages() -> Vec<(String, String)> {
    let mut root = Arguments::command().name("tiphys");
    root.build();
    let mut pages = Vec::new();
    collect_pages(&root, "tiphys", &mut pages);
    pages
}

fn collect_pages(command: &Command, name: &str, pages: &mut Vec<(String, String)>) {
    let titled = command.clone().name(leak(name)).bin_name(name.replace('-', " "));
    let man = Man::new(titled.after_help(Resettable::Reset))
        .title(name.to_uppercase())
        .date("\"\"")
        .source(concat!("tiphys ", env!("CARGO_PKG_VERSION")))
        .manual("tiphys manual");
    let mut page = Vec::new();
    // Writing to a Vec cannot fail.
    drop(man.render(&mut page));
    let mut text = String::from_utf8_lossy(&page).into_owned();
    text.push_str(&examples_section(command));
    text.push_str(&exit_status_section());
    pages.push((format!("{name}.1"), text));
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        collect_pages(child, &format!("{name}-{}", child.get_name()), pages);
    }
}

/// clap wants names that live as long as the program; there are a few dozen.
fn leak(name: &str) -> &'static str {
    Box::leak(name.to_owned().into_boxed_str())
}

/// The examples of a command as `--help` prints them, without their heading.
pub fn examples(command: &Command) -> String {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = text.lines().skip_while(|line| *line != "Examples:").skip(1);
    let indented = lines.take_while(|line| line.is_empty() || line.starts_with("  "));
    indented.map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect()
}

fn examples_section(command: &Command) -> String {
    let examples = examples(command);
    if examples.is_empty() {
        return String::new();
    }
    let escaped = examples.trim_end().replace('\\', "\\e").replace('-', "\\-");
    format!(".SH EXAMPLES\n.nf\n{escaped}\n.fi\n")
}

fn exit_status_section() -> String {
    let rows: String = EXIT_CODES
        .iter()
        .map(|(exit, meaning)| format!(".TP\n{}\n{meaning}\n", exit.code()))
        .collect();
    format!(".SH \"EXIT STATUS\"\n{rows}")
}

/// The table of exit codes in README.
pub fn exit_code_table() -> String {
    let rows: String = EXIT_CODES
        .iter()
        .map(|(exit, meaning)| format!("| {} | {meaning} |\n", exit.code()))
        .collect();
    format!("| code | meaning |\n|---|---|\n{rows}")
}

/// The table of environment variables in README.
pub fn environment_table() -> String {
    let rows: String = env::VARIABLES
        .iter()
        .map(|(name, meaning)| format!("| `{name}` | {meaning} |\n"))
        .collect();
    format!("| variable | meaning |\n|---|---|\n{rows}")
}

/// The table of commands in README.
pub fn command_table() -> String {
    let mut root = Arguments::command();
    root.build();
    let mut rows = String::new();
    collect_rows(&root, "tiphys", &mut rows);
    format!("| command | |\n|---|---|\n{rows}")
}

fn collect_rows(command: &Command, name: &str, rows: &mut String) {
    let children: Vec<_> = command.get_subcommands().filter(|child| !child.is_hide_set()).collect();
    if children.is_empty() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        rows.push_str(&format!("| `{name}` | {about} |\n"));
    }
    for child in children {
        collect_rows(child, &format!("{name} {}", child.get_name()), rows);
    }
}
