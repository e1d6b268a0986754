//! The owner of stdout and stderr: data goes to the first, everything else to the second.

pub mod style;
pub mod table;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Write};

use crate::engine::error::HINT;
use crate::yaml::{Node, emit, json};

/// Formats of `-o`, as argocd names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text for people.
    #[default]
    #[value(help = None::<&str>)]
    Wide,
    /// JSON, indented by two blanks.
    #[value(help = None::<&str>)]
    Json,
    /// YAML with sorted keys.
    #[value(help = None::<&str>)]
    Yaml,
    /// One name per line.
    #[value(help = None::<&str>)]
    Name,
}

/// Writes data to stdout. A reader who has gone away (`| head`) has seen enough: no error.
///
/// # Errors
/// When stdout cannot be written for another reason, such as a full disk.
pub fn data(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes one line for the user to stderr; a closed stderr is nobody's loss. Characters that would
/// steer a terminal are shown, not sent.
pub fn notice(text: &str) {
    drop(writeln!(io::stderr().lock(), "{}", harmless(text)));
}

fn harmless(text: &str) -> Cow<'_, str> {
    let is_steering = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(is_steering) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_steering(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// A warning on stderr.
pub fn warning(text: &str) {
    notice(&format!("warning: {text}"));
}

/// Warnings on stderr, each text once. What kustomize says of deprecated fields is for those who
/// edit kustomizations, not for those who sync them: it goes to the log.
pub fn warnings(texts: &[String]) {
    let mut said = BTreeSet::new();
    for text in texts {
        match text.strip_prefix("# Warning: ") {
            Some(deprecation) => tracing::info!("{deprecation}"),
            None if !said.insert(text) => {}
            None if text.starts_with(HINT) => notice(text),
            None => warning(text),
        }
    }
}

/// Whether stderr is a terminal and colours or bars are welcome.
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether a question can be asked and answered.
pub fn can_prompt() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// A node as `-o json` or `-o yaml` prints it.
pub fn document(node: &Node, format: Format) -> String {
    match format {
        Format::Json => {
            let mut text = json::to_json_pretty(node);
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text
        }
        _ => emit::to_yaml(node),
    }
}
