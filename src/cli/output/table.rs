//! Tables as argocd prints them: no borders, two blanks between columns, the last column not
//! padded. Equal to Go's tabwriter to the last trailing blank.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

/// Blanks between two columns.
const GAP: u16 = 2;

/// Renders `header` and `rows`; every row has as many cells as the header.
pub fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    let header = header.iter().map(|&cell| cell.to_owned()).collect();
    let all: Vec<Vec<String>> = std::iter::once(header).chain(rows.iter().cloned()).collect();
    render_rows(&all)
}

/// Renders rows that carry their own heading, if any.
pub fn render_rows(rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let mut last_cells = Vec::with_capacity(rows.len());
    for row in rows {
        let (last, others) = row.split_last().expect("a table has columns");
        table.add_row(others.iter().map(|cell| one_line(cell)));
        last_cells.push(one_line(last));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    let mut text = String::new();
    for (line, last) in table.lines().zip(last_cells) {
        text.push_str(&line);
        text.push_str(&last);
        text.push('\n');
    }
    text
}

/// A cell is one line: line breaks of messages become blanks.
fn one_line(cell: &str) -> String {
    if cell.contains(['\n', '\t', '\r']) {
        cell.split(['\n', '\t', '\r']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    } else {
        cell.to_owned()
    }
}

/// A label padded to 20 columns and its value, as argocd prints fields.
pub fn field(label: &str, value: &str) -> String {
    format!("{label:<20}{value}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn columns_are_two_blanks_apart_and_the_last_is_not_padded() {
        let header = ["GROUP", "KIND", "NAME", "HOOK", "MESSAGE"];
        let rows =
            [row(&["", "ConfigMap", "a", "", ""]), row(&["apps", "Deployment", "b", "", "x"])];
        assert_eq!(
            render(&header, &rows),
            "GROUP  KIND        NAME  HOOK  MESSAGE\n\
             \u{20}      ConfigMap   a           \n\
             apps   Deployment  b           x\n"
        );
    }

    #[test]
    fn line_breaks_in_cells_become_blanks() {
        assert_eq!(render(&["A", "B"], &[row(&["1\n2", "3\n\n4"])]), "A    B\n1 2  3 4\n");
    }
}
