//! Colours: only on a terminal, never with `NO_COLOR`. Nothing is said by colour alone.

use std::io::{self, IsTerminal};

use crate::cli::env::Environment;

const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

/// Whether stdout is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// As it is on a terminal.
    On,
    /// As it is in a pipe, a file, or by the user's wish.
    Off,
}

impl Colours {
    /// What suits stdout and the environment.
    pub fn of_stdout(environment: &Environment) -> Self {
        if io::stdout().is_terminal() && !environment.no_color { Self::On } else { Self::Off }
    }
}

/// A unified diff with its removed lines red, its added lines green and its headers bold.
pub fn diff(text: &str, colours: Colours) -> String {
    match colours {
        Colours::Off => text.to_owned(),
        Colours::On => text.split_inclusive('\n').map(diff_line).collect(),
    }
}

fn diff_line(line: &str) -> String {
    let colour = match line.as_bytes().first() {
        Some(b'+') => GREEN,
        Some(b'-') => RED,
        Some(b'=' | b'@') => BOLD,
        _ => return line.to_owned(),
    };
    let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
    format!("{colour}{body}{RESET}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\n===== /ConfigMap a/b ======\n@@ -1,2 +1,2 @@\n a: 1\n-b: 1\n+b: 2\n";

    #[test]
    fn a_pipe_gets_no_colours() {
        assert_eq!(diff(TEXT, Colours::Off), TEXT);
    }

    #[test]
    fn removed_lines_are_red_and_added_ones_green() {
        let wanted = "\n\x1b[1m===== /ConfigMap a/b ======\x1b[0m\n\x1b[1m@@ -1,2 +1,2 @@\x1b[0m\n \
                      a: 1\n\x1b[31m-b: 1\x1b[0m\n\x1b[32m+b: 2\x1b[0m\n";
        assert_eq!(diff(TEXT, Colours::On), wanted);
    }
}
