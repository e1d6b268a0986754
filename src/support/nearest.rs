//! Names close to one that was mistyped.

/// Names longer than this are not compared.
const NAME_CHARS_MAX: usize = 200;

/// Up to `count` candidates few edits away from `wanted`, closest first.
pub fn nearest<'a>(
    wanted: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    count: usize,
) -> Vec<&'a str> {
    let length = wanted.chars().count();
    // Two letters swapped are two edits.
    let limit = if length < 4 { 1 } else { (length / 3).max(2) };
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (edit_distance(wanted, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(count).map(|(_, candidate)| candidate).collect()
}

/// Insertions, deletions and substitutions between two names, case ignored.
fn edit_distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().flat_map(char::to_lowercase).collect();
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    if left.len().max(right.len()) > NAME_CHARS_MAX {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, one) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(one != other);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_come_closest_first() {
        let names = ["main", "develop", "mian", "release-1.2", "maintenance"];
        assert_eq!(nearest("maim", names, 2), ["main"]);
        assert_eq!(nearest("Main", names, 1), ["main"]);
        assert_eq!(nearest("release-1.3", names, 5), ["release-1.2"]);
        assert!(nearest("zzz", names, 5).is_empty());
    }
}
