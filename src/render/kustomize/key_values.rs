//! The key-value sources of generators: `envs`, `literals` and `files`, read as kustomize
//! v5.8.2 reads them. Keys are not validated.

use std::collections::BTreeMap;

use super::error::KustomizeError;
use super::fields::Located;
use super::kustomization::Generator;
use crate::yaml::{Position, SourceMap};

/// Reads a file named in a kustomization.
pub(super) type ReadFile<'a> =
    dyn FnMut(&str, Position) -> Result<std::sync::Arc<[u8]>, KustomizeError> + 'a;

/// All keys and values of a generator; a key may be given once.
pub(super) fn collect(
    generator: &Generator,
    files: &SourceMap,
    read: &mut ReadFile<'_>,
) -> Result<BTreeMap<String, Vec<u8>>, KustomizeError> {
    let mut data = BTreeMap::new();
    let mut add = |key: String, value: Vec<u8>, position: Position| {
        let place = files.describe(position);
        if data.contains_key(&key) {
            let message = format!("{}: key `{key}` is given twice; remove one", generator.name);
            return Err(KustomizeError::invalid(place, message));
        }
        data.insert(key, value);
        Ok(())
    };
    for env in &generator.envs {
        let content = read(&env.value, env.position)?;
        for (key, value) in env_file(&content).map_err(|line| bad_env(env, line, files))? {
            add(key, value, env.position)?;
        }
    }
    for literal in &generator.literals {
        let (key, value) = parse_literal(&literal.value).ok_or_else(|| {
            let place = files.describe(literal.position);
            KustomizeError::invalid(place, "a literal must read `key=value`")
        })?;
        add(key.to_owned(), value.into(), literal.position)?;
    }
    for file in &generator.files {
        let place = || files.describe(file.position);
        let (key, path) = parse_file_source(&file.value)
            .map_err(|message| KustomizeError::invalid(place(), message))?;
        add(key.to_owned(), read(path, file.position)?.to_vec(), file.position)?;
    }
    Ok(data)
}

fn bad_env(env: &Located<String>, line: usize, files: &SourceMap) -> KustomizeError {
    let message = format!("{} line {line} is not UTF-8", env.value);
    KustomizeError::invalid(files.describe(env.position), message)
}

/// The keys and values of an env file; the number of the line that is not UTF-8.
fn env_file(content: &[u8]) -> Result<Vec<(String, Vec<u8>)>, usize> {
    let mut pairs = Vec::new();
    for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let line = std::str::from_utf8(line).map_err(|_| index + 1)?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        let line = if index == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.into()));
        }
    }
    Ok(pairs)
}

/// `key=value`, one pair of equal quotes around the value taken away.
fn parse_literal(literal: &str) -> Option<(&str, &str)> {
    let (key, value) = literal.split_once('=').filter(|(key, _)| !key.is_empty())?;
    let unquoted = ['"', '\''].into_iter().find_map(|quote| {
        let inner = value.strip_prefix(quote)?;
        inner.strip_suffix(quote)
    });
    Some((key, unquoted.unwrap_or(value)))
}

/// `[key=]path`; without a key the file's own name.
fn parse_file_source(source: &str) -> Result<(&str, &str), String> {
    match source.split_once('=') {
        None => {
            let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
            Ok((name, source))
        }
        Some(("", path)) => Err(format!("no key before `=` in front of `{path}`")),
        Some((key, "")) => Err(format!("no path behind `{key}=`")),
        Some((_, path)) if path.contains('=') => {
            Err(format!("`{source}`: neither key nor path may contain `=`"))
        }
        Some((key, path)) => Ok((key, path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_lose_one_pair_of_quotes() {
        let check = |literal: &str, expected: Option<(&str, &str)>| {
            assert_eq!(parse_literal(literal), expected, "{literal}");
        };
        check("a=b", Some(("a", "b")));
        check("a=b=c", Some(("a", "b=c")));
        check("a='b'", Some(("a", "b")));
        check("a=\"b'", Some(("a", "\"b'")));
        check("a='", Some(("a", "'")));
        check("a=", Some(("a", "")));
        check("=b", None);
        check("a", None);
    }

    #[test]
    fn env_files_keep_quotes_and_skip_comments() {
        let pairs = env_file(b"\xef\xbb\xbfA=1\r\n  # no\n\n B='2'\nC\nD=x=y ").unwrap();
        let text: Vec<_> = pairs
            .iter()
            .map(|(key, value)| format!("{key}|{}", String::from_utf8_lossy(value)))
            .collect();
        assert_eq!(text, ["A|1", "B|'2'", "C|", "D|x=y "]);
        assert_eq!(env_file(b"A=1\n\xff"), Err(2));
    }

    #[test]
    fn file_sources_have_at_most_one_key() {
        assert_eq!(parse_file_source("dir/a.txt"), Ok(("a.txt", "dir/a.txt")));
        assert_eq!(parse_file_source("k=dir/a.txt"), Ok(("k", "dir/a.txt")));
        for wrong in ["=a", "a=", "a=b=c"] {
            assert!(parse_file_source(wrong).is_err(), "{wrong}");
        }
    }
}
