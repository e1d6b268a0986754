//! Shares equal keys and short strings within one read.
//!
//! Manifests repeat the same few hundred words; a fixed table of recently seen ones finds nearly
//! all of them, cannot grow and cannot be made slow by chosen input.

use super::node::Text;

/// Longer strings are hardly ever repeated and cost more to compare.
const LENGTH_MAX: usize = 48;
/// Slots of the table; a power of two.
const SLOTS: usize = 2048;

/// A table of recently seen strings.
pub(super) struct Interner {
    slots: Vec<Option<Text>>,
}

impl Interner {
    pub(super) fn new() -> Self {
        Self { slots: vec![None; SLOTS] }
    }

    /// `text` as a shared string, the same one as last time if it is still in the table.
    pub(super) fn intern(&mut self, text: &str) -> Text {
        if text.len() > LENGTH_MAX {
            return text.into();
        }
        let slot = &mut self.slots[hash(text.as_bytes()) % SLOTS];
        if let Some(known) = slot
            && **known == *text
        {
            return known.clone();
        }
        let shared: Text = text.into();
        *slot = Some(shared.clone());
        shared
    }
}

fn hash(bytes: &[u8]) -> usize {
    const MULTIPLIER: u64 = 0x517c_c1b7_2722_0a95;
    let mut state = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = (state.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
    }
    usize::try_from(state >> 40).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn equal_short_strings_are_shared() {
        let mut interner = Interner::new();
        let first = interner.intern("metadata");
        assert!(Arc::ptr_eq(&first, &interner.intern("metadata")));
        assert_eq!(&*interner.intern("spec"), "spec");
    }
}
