//! Reading `status.conditions`, the list most kinds describe themselves with.

use crate::yaml::Node;

/// One condition.
pub(super) struct ConditionView<'a> {
    node: &'a Node,
}

impl<'a> ConditionView<'a> {
    /// `type`.
    pub(super) fn kind(&self) -> &'a str {
        self.node.str_at(&["type"])
    }

    /// `status`, usually `True`, `False` or `Unknown`.
    pub(super) fn status(&self) -> &'a str {
        self.node.str_at(&["status"])
    }

    /// `reason`.
    pub(super) fn reason(&self) -> &'a str {
        self.node.str_at(&["reason"])
    }

    /// `message`.
    pub(super) fn message(&self) -> &'a str {
        self.node.str_at(&["message"])
    }

    /// Whether `status` is `True`.
    pub(super) fn is_true(&self) -> bool {
        self.status() == "True"
    }
}

/// The conditions in `status`.
pub(super) fn conditions(live: &Node) -> impl Iterator<Item = ConditionView<'_>> {
    in_list(live.path(&["status", "conditions"]))
}

/// The conditions in a list, none when it is no list.
pub(super) fn in_list(list: Option<&Node>) -> impl Iterator<Item = ConditionView<'_>> {
    let items = list.and_then(Node::as_sequence).unwrap_or_default();
    items.iter().map(|node| ConditionView { node })
}

/// The condition of one type.
pub(super) fn condition<'a>(live: &'a Node, kind: &str) -> Option<ConditionView<'a>> {
    conditions(live).find(|condition| condition.kind() == kind)
}
