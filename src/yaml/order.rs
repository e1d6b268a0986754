//! The order in which go-yaml v2 writes the keys of a map: letters after everything else, runs
//! of digits by their number.
//!
//! Digits and letters outside ASCII follow Rust's character tables, which differ from Go's for a
//! few combining marks only.

use std::cmp::Ordering;

/// The indexes of `keys` in writing order.
///
/// The order is not a total one for odd keys (numbers beyond 64 bits wrap), which the standard
/// sorts may answer with a panic; this merge sort only ever gives some order.
pub(super) fn sorted(keys: &[&str]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    if keys.windows(2).all(|pair| compare(pair[0], pair[1]).is_le()) {
        return order;
    }
    let mut merged = Vec::with_capacity(keys.len());
    let mut width = 1;
    while width < order.len() {
        merged.clear();
        for run in order.chunks(2 * width) {
            let (left, right) = run.split_at(width.min(run.len()));
            merge(keys, left, right, &mut merged);
        }
        std::mem::swap(&mut order, &mut merged);
        width *= 2;
    }
    order
}

fn merge(keys: &[&str], mut left: &[usize], mut right: &[usize], merged: &mut Vec<usize>) {
    while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
        if compare(keys[*second], keys[*first]).is_lt() {
            merged.push(*second);
            right = right_rest;
        } else {
            merged.push(*first);
            left = left_rest;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
}

/// Compares at the first character that differs.
fn compare(a: &str, b: &str) -> Ordering {
    let differs = a.bytes().zip(b.bytes()).position(|(x, y)| x != y);
    let Some(mut start) = differs else { return a.len().cmp(&b.len()) };
    while !a.is_char_boundary(start) {
        start -= 1;
    }
    let (Some(x), Some(y)) = (a[start..].chars().next(), b[start..].chars().next()) else {
        return a.len().cmp(&b.len());
    };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => x.cmp(&y),
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => compare_numbers(a, b, start).then(x.cmp(&y)),
    }
}

/// Compares the runs of digits that start where the keys differ. After an equal digit other than
/// zero a zero counts, so that `10` and `1` are told apart by length.
fn compare_numbers(a: &str, b: &str, start: usize) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let equal_digits = a[..start].iter().rev().take_while(|byte| byte.is_ascii_digit());
    let has_zero = a[start] == b'0' || b[start] == b'0';
    let lead = i64::from(has_zero && equal_digits.into_iter().any(|byte| *byte != b'0'));
    let run = |bytes: &[u8]| {
        let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold((lead, 0_usize), |(value, length), byte| {
            (value.wrapping_mul(10).wrapping_add(i64::from(byte - b'0')), length + 1)
        })
    };
    run(a).cmp(&run(b))
}

#[cfg(test)]
mod tests {
    fn check(keys: &[&str]) {
        let mut shuffled = keys.to_vec();
        shuffled.reverse();
        let got: Vec<_> = super::sorted(&shuffled).into_iter().map(|i| shuffled[i]).collect();
        assert_eq!(got, keys);
    }

    #[test]
    fn letters_come_last_and_numbers_count() {
        check(&["_", "1", "9", "10", "A", "a-b", "a.b", "a1", "a9", "a10", "ä"]);
        check(&["", "a", "a0", "a1", "a01", "a2", "ab", "b"]);
        check(&["a100", "a101", "a110", "a1000"]);
    }

    #[test]
    fn long_lists_are_sorted_too() {
        let keys: Vec<String> = (0..1000).map(|n| format!("k{n}")).collect();
        check(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
