//! What a sync will do, decided once.
