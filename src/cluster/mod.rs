//! The Cluster port: one Kubernetes API server.
