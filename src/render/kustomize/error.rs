//! The one error of the Kustomize renderer: what is wrong, where it was written, and through
//! which kustomizations the build got there.

use std::fmt;

use thiserror::Error;

use super::patches::PatchError;
use crate::render::tree::TreeError;
use crate::yaml::YamlError;

/// Why a kustomization could not be built.
#[derive(Debug, Error)]
#[error("{}{problem}{}", Place(&self.place), Chain(&self.through))]
pub struct KustomizeError {
    /// What is wrong.
    pub problem: Box<Problem>,
    /// `file:line` of the text that is wrong, `""` when the problem says it itself.
    pub place: String,
    /// The kustomizations that led there, outermost first, as `file:line` of the entry.
    pub through: Vec<String>,
}

/// What can be wrong with a kustomization or with what it points to.
#[derive(Debug, Error)]
pub enum Problem {
    /// A field of Kustomize that this renderer does not do yet.
    #[error("not supported yet: {field}, {place}")]
    NotSupported {
        /// The field and, where it helps, its value.
        field: String,
        /// `file:line`.
        place: String,
    },
    /// A field that Kustomize does not have.
    #[error("unknown field `{field}` in {owner}{}", Hint(*nearest))]
    UnknownField {
        /// The field as written.
        field: String,
        /// What it stands in.
        owner: &'static str,
        /// The valid field that is spelt most like it.
        nearest: Option<&'static str>,
    },
    /// A value of the wrong type; Kustomize never converts.
    #[error("`{field}` must be {wanted}, but is {found}")]
    WrongType {
        /// The field.
        field: String,
        /// What it has to be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A value of the right type that makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// A folder without kustomization file.
    #[error(
        "no kustomization.yaml, kustomization.yml or Kustomization in `{folder}`; add one, or name \
         the files instead of the folder"
    )]
    MissingKustomization {
        /// The folder.
        folder: String,
    },
    /// Something named in a kustomization is neither file nor folder.
    #[error("`{entry}` is neither a file nor a folder: nothing is at `{path}`")]
    NotFound {
        /// The entry as written.
        entry: String,
        /// Where it was looked for.
        path: String,
    },
    /// Two resources with one id.
    #[error("{id} is there twice: {first} and {second}; rename one of them or list it once")]
    DuplicateId {
        /// The id.
        id: String,
        /// Where the first was written.
        first: String,
        /// Where the second was written.
        second: String,
    },
    /// A field of a resource cannot be changed as asked.
    #[error("{object}: {message}")]
    Object {
        /// Kind and name.
        object: String,
        /// What is wrong.
        message: String,
    },
    /// A text that is no YAML.
    #[error("{0}")]
    Yaml(YamlError),
    /// A file that cannot be read.
    #[error("{0}")]
    Tree(TreeError),
    /// A patch that cannot be read, or a target that cannot be matched.
    #[error("{}", WithCauses(.0))]
    Patch(PatchError),
}

impl KustomizeError {
    /// An error at `place`.
    pub(super) fn at(place: impl Into<String>, problem: Problem) -> Self {
        Self { problem: Box::new(problem), place: place.into(), through: Vec::new() }
    }

    /// A value that makes no sense, at `place`.
    pub(super) fn invalid(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self::at(place, Problem::Invalid(message.into()))
    }

    /// A field that is not done yet, at `place`.
    pub(super) fn not_supported(field: impl Into<String>, place: impl Into<String>) -> Self {
        Self::at("", Problem::NotSupported { field: field.into(), place: place.into() })
    }

    /// A resource that cannot be changed as asked.
    pub(super) fn object(
        place: impl Into<String>,
        object: impl Into<String>,
        message: impl fmt::Display,
    ) -> Self {
        let problem = Problem::Object { object: object.into(), message: message.to_string() };
        Self::at(place, problem)
    }

    /// The line that is wrong with a caret below the column, `""` when there is none to show.
    /// A patch is not shown: it may be one for a Secret.
    pub fn snippet(&self) -> String {
        match &*self.problem {
            Problem::Yaml(error) => error.snippet(),
            _ => String::new(),
        }
    }

    /// The same error, reached through the entry at `place`.
    pub(super) fn through(mut self, place: String) -> Self {
        self.through.insert(0, place);
        self
    }
}

impl From<YamlError> for KustomizeError {
    fn from(error: YamlError) -> Self {
        Self::at("", Problem::Yaml(error))
    }
}

impl From<TreeError> for KustomizeError {
    fn from(error: TreeError) -> Self {
        Self::at("", Problem::Tree(error))
    }
}

/// An error with its causes on one line.
struct WithCauses<'a>(&'a dyn std::error::Error);

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

struct Place<'a>(&'a str);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "{}: ", self.0) }
    }
}

struct Chain<'a>(&'a [String]);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " (through {})", self.0.join(" > ")) }
    }
}

struct Hint(Option<&'static str>);

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_place_problem_and_chain() {
        let problem = Problem::UnknownField {
            field: "namePrefx".into(),
            owner: "Kustomization",
            nearest: Some("namePrefix"),
        };
        let error = KustomizeError::at("base/kustomization.yaml:3", problem)
            .through("prod/kustomization.yaml:2".into());
        let expected = "base/kustomization.yaml:3: unknown field `namePrefx` in Kustomization; did \
                        you mean `namePrefix`? (through prod/kustomization.yaml:2)";
        assert_eq!(error.to_string(), expected);
    }
}
