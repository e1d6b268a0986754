//! The scalars of the loader: tags, Go's quirks around them, keys and values.
//!
//! What a plain text means is decided in `resolve`; here the tag, the place and
//! kustomize's habits are taken into account.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use granit_parser::{ScalarStyle, Tag};

use super::error::{YamlError, YamlErrorKind};
use super::folded;
use super::load::Loader;
use super::node::{Position, Text, Value};
use super::number::{self, Number};
use super::resolve::{self, Dialect, Scalar};

const CORE_TAG_PREFIX: &str = "tag:yaml.org,2002:";

/// Go's standard base64, which does not mind left-over bits.
const GO_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A scalar event, taken apart.
pub(super) struct ScalarEvent<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) style: ScalarStyle,
    pub(super) anchor: usize,
    pub(super) tag: Option<Cow<'a, Tag>>,
    pub(super) position: Position,
    pub(super) column: usize,
    /// Nothing is written at all.
    pub(super) is_blank: bool,
}

impl<'a> Loader<'a> {
    pub(super) fn resolve_scalar(&self, event: &ScalarEvent<'a>) -> Result<Scalar, YamlError> {
        let dialect = self.options.dialect;
        let Some(tag) = &event.tag else {
            if event.is_blank && dialect == Dialect::GoYamlV3 && self.in_flow() {
                // kustomize writes such a value as '' between two of its passes.
                return Ok(Scalar::String);
            }
            return Ok(match event.style {
                ScalarStyle::Plain => resolve::resolve(&event.text, dialect),
                _ => Scalar::String,
            });
        };
        let (handle, suffix) = tag.parts();
        let full = format!("{handle}{suffix}");
        if full == "!" && event.style == ScalarStyle::Plain && dialect == Dialect::GoYamlV3 {
            return Ok(resolve::resolve(&event.text, dialect));
        }
        let short = match full.strip_prefix(CORE_TAG_PREFIX) {
            Some(name) => format!("!!{name}"),
            None => full,
        };
        if short == "!!binary" {
            return self.decode_base64(event);
        }
        resolve::resolve_tagged(&short, &event.text, dialect).map_err(|mismatch| {
            let message = format!("a {} cannot be read as {short}", mismatch.actual);
            self.error_at(YamlErrorKind::Value, event, message)
        })
    }

    fn decode_base64(&self, event: &ScalarEvent<'a>) -> Result<Scalar, YamlError> {
        let packed: String = event.text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        let bytes = GO_BASE64.decode(packed).map_err(|_| {
            self.error_at(YamlErrorKind::Value, event, "a !!binary value must be base64")
        })?;
        Ok(Scalar::Decoded(String::from_utf8_lossy(&bytes).as_ref().into()))
    }

    pub(super) fn scalar_value(
        &mut self,
        event: &ScalarEvent<'a>,
        scalar: Scalar,
    ) -> Result<Value, YamlError> {
        Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Number(number) => Value::Number(number),
            Scalar::Decoded(text) => Value::String(text),
            // Between two of its passes kustomize quotes what has a colon inside a flow collection.
            Scalar::Timestamp(time)
                if self.options.dialect == Dialect::GoYamlV3
                    && !(self.in_flow() && event.text.contains(':')) =>
            {
                Value::String(time.to_string().into())
            }
            Scalar::String
                if event.style == ScalarStyle::Folded
                    && self.options.dialect == Dialect::GoYamlV3
                    && !self.in_flow() =>
            {
                Value::String(folded::rewritten(&event.text).into())
            }
            Scalar::String | Scalar::Timestamp(_) => {
                Value::String(self.interner.intern(&event.text))
            }
            Scalar::NotFinite(text) => {
                let message =
                    format!("unsupported value {text}: JSON has no such number; quote it");
                return Err(self.error_at(YamlErrorKind::Value, event, message));
            }
        })
    }

    /// The string a key becomes in JSON, or what kind of thing it is when it cannot be one.
    pub(super) fn key_text(
        &mut self,
        event: &ScalarEvent<'a>,
        scalar: &Scalar,
    ) -> Result<Text, &'static str> {
        let is_v2 = self.options.dialect == Dialect::GoYamlV2;
        match scalar {
            Scalar::String => Ok(self.interner.intern(&event.text)),
            Scalar::Decoded(text) => Ok(text.clone()),
            Scalar::Timestamp(_) if is_v2 => Ok(self.interner.intern(&event.text)),
            Scalar::Bool(value) if is_v2 => Ok(bool_key(*value)),
            Scalar::Number(number) if is_v2 => number_key(number),
            Scalar::NotFinite(text) if is_v2 => Ok((*text).into()),
            Scalar::Null => Err("null"),
            Scalar::Bool(_) => Err("a boolean"),
            Scalar::Number(_) | Scalar::NotFinite(_) => Err("a number"),
            Scalar::Timestamp(_) => Err("a timestamp"),
        }
    }

    /// Whether this key is a merge key: a bare `<<`, or one tagged `!!merge`.
    pub(super) fn is_merge_key(event: &ScalarEvent<'a>) -> bool {
        event.text == "<<"
            && match &event.tag {
                None => event.style == ScalarStyle::Plain,
                Some(tag) => {
                    tag.suffix_in_namespace(CORE_TAG_PREFIX).is_some_and(|name| name == "merge")
                }
            }
    }
}

pub(super) fn bool_key(value: bool) -> Text {
    if value { "true" } else { "false" }.into()
}

/// Integers beyond `i64` cannot be keys: `sigs.k8s.io/yaml` does not convert them.
pub(super) fn number_key(number: &Number) -> Result<Text, &'static str> {
    if number.is_float() {
        return Ok(number::float_key(number.as_f64()).into());
    }
    match number.as_i64() {
        Some(value) => Ok(value.to_string().into()),
        None => Err("an integer beyond 64 bits"),
    }
}
