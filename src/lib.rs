//! tiphys
