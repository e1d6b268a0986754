//! serde for [`Node`]: JSON in and out, and the bridge to typed models.
//!
//! `serde_json::from_slice::<Node>` reads an API server's answer without a detour;
//! [`Node::decode`] turns a node into a typed model, [`Node::encode`] the reverse.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::node::{Mapping, Node, Text, Value};
use super::number::{Number, NumberValue};

impl Node {
    /// Reads a typed model out of this node.
    ///
    /// # Errors
    /// When a field has another type than the model wants; the text names the field's type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(serde_json::to_value(self)?)
    }

    /// Writes a typed model as a node.
    ///
    /// # Errors
    /// When the model cannot be expressed as JSON (a map with keys that are not strings).
    pub fn encode<T: Serialize>(model: &T) -> Result<Self, serde_json::Error> {
        serde_json::from_value(serde_json::to_value(model)?)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => number.serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Sequence(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Value::Mapping(mapping) => {
                let mut map = serializer.serialize_map(Some(mapping.len()))?;
                for (key, node) in mapping.iter() {
                    map.serialize_entry(&**key, node)?;
                }
                map.end()
            }
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value() {
            NumberValue::Signed(value) => serializer.serialize_i64(value),
            NumberValue::Unsigned(value) => serializer.serialize_u64(value),
            NumberValue::Float(value) => serializer.serialize_f64(value),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::null())
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::null())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::new(Value::Number(value.into())))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::new(Value::Number(Number::from_f64(value))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries: Vec<(Text, Node)> = Vec::new();
        while let Some((key, node)) = map.next_entry::<String, Node>()? {
            entries.push((key.into(), node));
        }
        if has_duplicates(&entries) {
            let mut mapping = Mapping::default();
            for (key, node) in entries {
                mapping.insert(key, node);
            }
            return Ok(mapping.into());
        }
        Ok(entries.into_iter().collect::<Mapping>().into())
    }
}

/// Whether a key stands twice; in JSON the last one counts, as in Go.
fn has_duplicates(entries: &[(Text, Node)]) -> bool {
    const PAIRWISE_UP_TO: usize = 16;
    if entries.len() <= PAIRWISE_UP_TO {
        let later = |index: usize| entries[index + 1..].iter();
        return entries.iter().enumerate().any(|(i, (key, _))| later(i).any(|(k, _)| k == key));
    }
    let mut seen = HashSet::with_capacity(entries.len());
    !entries.iter().all(|(key, _)| seen.insert(key))
}
