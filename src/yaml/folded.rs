//! What kustomize v5.8.2 makes of a folded block (`>`): between two of its passes the text is
//! written with go-yaml v3, whose folded writer doubles line breaks in the wrong places.
//!
//! A line that is followed by a more indented one, or by more than one line break at the end,
//! gains a blank line; a text whose first line is indented loses the breaks between others.

use super::style::needs_escape;

/// `text`, written folded and read again.
pub(super) fn rewritten(text: &str) -> String {
    if !is_written_folded(text) {
        return text.to_owned();
    }
    let first = text.trim_start_matches('\n').chars().next();
    let doubles = first.is_some_and(|c| !is_blank(c));
    let mut result = String::with_capacity(text.len() + 4);
    let mut rest = text;
    while !rest.is_empty() {
        let line_length = rest.find('\n').unwrap_or(rest.len());
        let (line, tail) = rest.split_at(line_length);
        let after = tail.trim_start_matches('\n');
        let breaks = tail.len() - after.len();
        result.push_str(line);
        let is_text = !line.is_empty() && !line.starts_with(is_blank);
        let written = breaks + usize::from(is_text && doubles && breaks > 0);
        match after.chars().next() {
            // Clipped: one break at the end stays one.
            None if breaks < 2 => result.push_str(tail),
            Some(next) if is_text && !is_blank(next) => match written {
                1 => result.push(' '),
                written => push_breaks(&mut result, written - 1),
            },
            _ => push_breaks(&mut result, written),
        }
        rest = after;
    }
    result
}

fn push_breaks(text: &mut String, count: usize) {
    text.extend(std::iter::repeat_n('\n', count));
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// Whether go-yaml v3 keeps the folded style: otherwise it writes double quotes, which are safe.
fn is_written_folded(text: &str) -> bool {
    let is_plain = |c: char| matches!(c, '\n' | '\t' | '"' | '\\') || !needs_escape(c);
    text.contains('\n')
        && !text.ends_with(' ')
        && !text.contains(" \n")
        && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    fn check(text: &str, want: &str) {
        assert_eq!(super::rewritten(text), want, "{text:?}");
    }

    #[test]
    fn a_more_indented_line_gains_a_blank_line_above() {
        check("a\n  b\nc\n", "a\n\n  b\nc\n");
        check("a\n\tb", "a\n\n\tb");
        check("a\n\n", "a\n\n\n");
    }

    #[test]
    fn ordinary_text_stays() {
        for text in ["a b\n", "a\nb\n", "a\n\nb", "", "\n", "a \n  b\n", "a\u{1F600}\n  b"] {
            check(text, text);
        }
    }

    #[test]
    fn an_indented_start_joins_the_lines_below() {
        check(" a\nb\nc\n", " a\nb c\n");
    }
}
