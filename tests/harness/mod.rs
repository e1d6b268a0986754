//! What the integration tests stand on: a real cluster, real Git servers, a sandboxed binary.
