//! From a `targetRevision` to a commit, on a list of references. Pure; asks no repository.
//!
//! Matches Argo CD 3.5: 40 hexadecimal digits as they are, nothing means `HEAD`, a version
//! constraint means the greatest matching tag, else a full or short name, branches before tags.
//! Differs in one point: a name that exists wins over its reading as a constraint.

use git2::Oid;

use crate::support::nearest::nearest;
use crate::support::semver_constraint::{SemverConstraint, parse_version};

/// Shortest abbreviated commit id, as in Argo CD.
const SHORT_COMMIT_CHARS_MIN: usize = 7;
/// Names shown when one was mistyped.
const NEAR_NAMES_MAX: usize = 3;

/// One reference of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// Full name: `HEAD`, `refs/heads/main`.
    pub(super) name: String,
    /// The commit, annotated tags peeled.
    pub(super) commit: Oid,
}

/// All references of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct References(Vec<Reference>);

/// What a revision names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resolution {
    /// A commit, by its full id.
    Commit(Oid),
    /// A commit, by the beginning of its id.
    ShortCommit(String),
    /// Nothing.
    Unknown(NotThere),
}

/// A revision that nothing has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotThere {
    /// What was looked for: `branch, tag or commit "x"`.
    pub(super) wanted: String,
    /// What the user can do; empty when nothing better is known than to list what there is.
    pub(super) hint: String,
}

impl References {
    /// From the list a server sends, in which `NAME^{}` carries the commit of an annotated tag.
    pub(super) fn from_advertised<'a>(list: impl IntoIterator<Item = (&'a str, Oid)>) -> Self {
        let mut references: Vec<Reference> = Vec::new();
        for (name, commit) in list {
            match (name.strip_suffix("^{}"), references.last_mut()) {
                (Some(tag), Some(last)) if last.name == tag => last.commit = commit,
                (Some(_), _) => {}
                (None, _) => references.push(Reference { name: name.to_owned(), commit }),
            }
        }
        Self(references)
    }

    /// The name of a reference that points to `commit`.
    pub(super) fn name_of(&self, commit: Oid) -> Option<&str> {
        self.0.iter().find(|one| one.commit == commit).map(|one| one.name.as_str())
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter()
    }

    fn commit_of(&self, name: &str) -> Option<Oid> {
        self.0.iter().find(|one| one.name == name).map(|one| one.commit)
    }

    /// `name` as a full or short name, branches before tags.
    fn find(&self, name: &str) -> Option<Oid> {
        if name == "HEAD" || name.starts_with("refs/") {
            return self.commit_of(name);
        }
        let prefixes = ["refs/heads/", "refs/tags/", "refs/", "refs/remotes/"];
        prefixes.iter().find_map(|prefix| self.commit_of(&format!("{prefix}{name}")))
    }

    fn greatest_tag(&self, constraint: &SemverConstraint, tag_prefix: &str) -> Option<Oid> {
        let tags = self.0.iter().filter_map(|one| {
            let tag = one.name.strip_prefix("refs/tags/")?.strip_prefix(tag_prefix)?;
            let version = parse_version(tag)?;
            constraint.matches(&version).then_some((version, one.commit))
        });
        tags.max_by(|(left, _), (right, _)| left.cmp_precedence(right)).map(|(_, commit)| commit)
    }

    fn near_names(&self, wanted: &str) -> Vec<&str> {
        let short = self.0.iter().filter_map(|one| {
            one.name.strip_prefix("refs/heads/").or_else(|| one.name.strip_prefix("refs/tags/"))
        });
        nearest(wanted, short, NEAR_NAMES_MAX)
    }
}

/// The full commit id that `revision` is, if it is one.
pub(super) fn full_commit(revision: &str) -> Option<Oid> {
    let is_full = revision.len() == 40 && is_hexadecimal(revision);
    is_full.then(|| Oid::from_str(revision).ok()).flatten()
}

/// What `revision` names among `references`.
pub(super) fn resolve(references: &References, revision: &str, tag_prefix: &str) -> Resolution {
    let revision = if revision.is_empty() { "HEAD" } else { revision };
    if let Some(commit) = full_commit(revision).or_else(|| references.find(revision)) {
        return Resolution::Commit(commit);
    }
    let constraint = match parse_version(revision) {
        Some(_) => None,
        None => SemverConstraint::parse(revision),
    };
    if let Some(constraint) = constraint {
        return match references.greatest_tag(&constraint, tag_prefix) {
            Some(commit) => Resolution::Commit(commit),
            None => no_matching_tag(references, revision, tag_prefix),
        };
    }
    if revision.len() >= SHORT_COMMIT_CHARS_MIN && is_hexadecimal(revision) {
        return Resolution::ShortCommit(revision.to_ascii_lowercase());
    }
    Resolution::Unknown(unknown(references, revision))
}

/// The answer for a name, or the beginning of a commit id, that nothing has.
pub(super) fn unknown(references: &References, revision: &str) -> NotThere {
    let wanted = match revision {
        "HEAD" => "HEAD".to_owned(),
        _ => format!("branch, tag or commit \"{revision}\""),
    };
    let near = references.near_names(revision);
    let hint = if references.0.is_empty() {
        "the repository is empty; push a commit to it".to_owned()
    } else if near.is_empty() {
        String::new()
    } else {
        format!("did you mean {}?", near.join(", "))
    };
    NotThere { wanted, hint }
}

fn no_matching_tag(references: &References, revision: &str, tag_prefix: &str) -> Resolution {
    let tags = references.0.iter().filter_map(|one| one.name.strip_prefix("refs/tags/"));
    let versions = tags.filter_map(|tag| {
        let version = parse_version(tag.strip_prefix(tag_prefix)?)?;
        Some((version, tag))
    });
    let greatest = versions.max_by(|(left, _), (right, _)| left.cmp_precedence(right));
    let hint = match greatest {
        Some((_, tag)) => format!("the greatest version among the tags is {tag}"),
        None => "no tag of the repository is a version".to_owned(),
    };
    let wanted = match tag_prefix {
        "" => format!("tag for the version constraint \"{revision}\""),
        _ => format!("tag \"{tag_prefix}…\" for the version constraint \"{revision}\""),
    };
    Resolution::Unknown(NotThere { wanted, hint })
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> Oid {
        Oid::from_bytes(&[number; 20]).unwrap()
    }

    fn sample() -> References {
        References::from_advertised([
            ("HEAD", id(1)),
            ("refs/heads/both", id(2)),
            ("refs/heads/main", id(1)),
            ("refs/heads/x", id(3)),
            ("refs/pull/7/head", id(4)),
            ("refs/tags/app-9.0.0", id(5)),
            ("refs/tags/both", id(6)),
            ("refs/tags/v1.2.0", id(7)),
            ("refs/tags/v1.2.0^{}", id(8)),
            ("refs/tags/v1.10.0", id(9)),
            ("refs/tags/v2.0.0-rc.1", id(10)),
        ])
    }

    fn check(revision: &str, want: u8) {
        let got = resolve(&sample(), revision, "");
        assert_eq!(got, Resolution::Commit(id(want)), "{revision}");
    }

    #[test]
    fn names_resolve_branches_before_tags() {
        check("", 1);
        check("HEAD", 1);
        check("main", 1);
        check("heads/main", 1);
        check("refs/heads/main", 1);
        check("both", 2);
        check("tags/both", 6);
        check("pull/7/head", 4);
        check("v1.2.0", 8);
        check(&id(99).to_string().to_uppercase(), 99);
    }

    #[test]
    fn constraints_take_the_greatest_tag() {
        check("1.x", 9);
        check("~1.2", 8);
        check("*", 9);
        check(">=2.0.0-0", 10);
        check("x", 3);
        let with_prefix = resolve(&sample(), ">=1", "app-");
        assert_eq!(with_prefix, Resolution::Commit(id(5)));
    }

    #[test]
    fn the_beginning_of_a_commit_id_is_passed_on() {
        let short = Resolution::ShortCommit("abcdef1".to_owned());
        assert_eq!(resolve(&sample(), "ABCDEF1", ""), short);
    }

    #[test]
    fn what_nothing_has_is_named_with_a_hint() {
        fn check(revision: &str, want: &str, want_hint: &str) {
            match resolve(&sample(), revision, "") {
                Resolution::Unknown(NotThere { wanted, hint }) => {
                    assert_eq!(wanted, want);
                    assert_eq!(hint, want_hint);
                }
                other => panic!("{revision}: {other:?}"),
            }
        }
        check("mian", "branch, tag or commit \"mian\"", "did you mean main?");
        check(
            "3.x",
            "tag for the version constraint \"3.x\"",
            "the greatest version among the tags is v2.0.0-rc.1",
        );
        check("nothing-like-it", "branch, tag or commit \"nothing-like-it\"", "");
        check("1.3.0", "branch, tag or commit \"1.3.0\"", "did you mean v1.2.0?");
    }

    #[test]
    fn an_empty_repository_says_so() {
        let NotThere { wanted, hint } = unknown(&References::default(), "HEAD");
        assert_eq!(wanted, "HEAD");
        assert!(hint.contains("empty"), "{hint}");
    }
}
