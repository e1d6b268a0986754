mod kustomize;
mod yaml;
