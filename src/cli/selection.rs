//! `--resource [!]GROUP:KIND:[NAMESPACE/]NAME`: which objects of an Application are meant.
//!
//! As argocd reads it: exactly three fields, `*` stands for a whole field, a blank group is the
//! core group, a blank namespace any. Includes are joined by or, excludes win, excludes alone
//! mean all but those.

use super::error::CommandError;
use crate::model::ResourceKey;

/// A parsed set of `--resource` flags.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    includes: Vec<Pattern>,
    excludes: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct Pattern {
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

impl Selection {
    /// Reads the flags.
    ///
    /// # Errors
    /// When one has not three fields.
    pub fn parse(flags: &[String]) -> Result<Self, CommandError> {
        let mut selection = Self::default();
        for flag in flags {
            match flag.strip_prefix('!') {
                Some(rest) => selection.excludes.push(Pattern::parse(rest)?),
                None => selection.includes.push(Pattern::parse(flag)?),
            }
        }
        Ok(selection)
    }

    /// Whether the object is meant.
    pub fn wants(&self, key: &ResourceKey) -> bool {
        let included = self.includes.is_empty() || self.includes.iter().any(|p| p.matches(key));
        included && !self.excludes.iter().any(|p| p.matches(key))
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, CommandError> {
        let fields: Vec<&str> = text.split(':').collect();
        let [group, kind, name] = fields[..] else {
            return Err(CommandError::usage(format!(
                "--resource {text}: write GROUP:KIND:[NAMESPACE/]NAME, for example \
                 apps:Deployment:web"
            )));
        };
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        Ok(Self {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    fn matches(&self, key: &ResourceKey) -> bool {
        let field = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        field(&self.group, &key.group)
            && field(&self.kind, &key.kind)
            && (self.namespace.is_empty() || field(&self.namespace, &key.namespace))
            && field(&self.name, &key.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(flags: &[&str], wanted: bool) {
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let key = ResourceKey::new("apps", "Deployment", "shop", "web");
        assert_eq!(Selection::parse(&flags).unwrap().wants(&key), wanted, "{flags:?}");
    }

    #[test]
    fn includes_are_joined_and_excludes_win() {
        check(&["apps:Deployment:web"], true);
        check(&["apps:Deployment:shop/web"], true);
        check(&["apps:Deployment:other/web"], false);
        check(&[":Service:web", "*:*:web"], true);
        check(&["*:*:*", "!apps:Deployment:web"], false);
        check(&["!:Service:*"], true);
        check(&[":Deployment:web"], false);
    }

    #[test]
    fn a_flag_without_three_fields_is_refused() {
        assert!(Selection::parse(&["Deployment/web".to_owned()]).is_err());
    }
}
