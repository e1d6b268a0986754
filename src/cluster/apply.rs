//! Writing: create, patch, replace, each with field manager, validation and dry run.

use http::Method;

use super::error;
use super::request::{self, ApiRequest, Repetition};
use super::transport::Transport;
use crate::ports::{ClusterError, DryRun, FieldValidation, WriteOutcome, WriteRequest, WriteVerb};
use crate::yaml::Node;

const JSON: &str = "application/json";

/// Creates, patches or replaces one object.
pub(super) async fn write(
    transport: &Transport,
    wanted: &WriteRequest,
) -> Result<WriteOutcome, ClusterError> {
    let body = serde_json::to_vec(&wanted.body)
        .map_err(|cause| error::unwritable(&wanted.resource.kind, &wanted.name, &cause))?;
    let request = write_request(wanted, body)?;
    let answer = transport.send::<Node>(&request).await?;
    Ok(WriteOutcome { object: answer.content, warnings: answer.warnings })
}

fn write_request(wanted: &WriteRequest, body: Vec<u8>) -> Result<ApiRequest, ClusterError> {
    let path = match wanted.verb {
        WriteVerb::Create => request::collection_path(&wanted.resource, &wanted.namespace),
        _ => request::object_path(&wanted.resource, &wanted.namespace, &wanted.name)?,
    };
    let (method, content_type, repetition) = match wanted.verb {
        WriteVerb::Create => (Method::POST, JSON, Repetition::OnlyIfRefused),
        WriteVerb::Replace => (Method::PUT, JSON, Repetition::Harmless),
        WriteVerb::Apply => (Method::PATCH, "application/apply-patch+yaml", Repetition::Harmless),
        WriteVerb::Merge => (Method::PATCH, "application/merge-patch+json", Repetition::Harmless),
        WriteVerb::StrategicMerge => {
            (Method::PATCH, "application/strategic-merge-patch+json", Repetition::Harmless)
        }
        WriteVerb::JsonPatch => {
            (Method::PATCH, "application/json-patch+json", Repetition::OnlyIfRefused)
        }
    };
    let query = [
        ("fieldManager", wanted.manager),
        ("fieldValidation", validation_word(wanted.validation)),
        ("dryRun", dry_run_word(wanted.dry_run)),
        ("force", if wanted.verb == WriteVerb::Apply { "true" } else { "" }),
    ];
    let path = request::with_query(path, &query);
    Ok(ApiRequest::with_body(method, path, content_type, body, repetition))
}

fn validation_word(validation: FieldValidation) -> &'static str {
    match validation {
        FieldValidation::Strict => "Strict",
        FieldValidation::Warn => "Warn",
        FieldValidation::Ignore => "Ignore",
    }
}

fn dry_run_word(dry_run: DryRun) -> &'static str {
    match dry_run {
        DryRun::No => "",
        DryRun::Server => "All",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::resources;

    fn check(verb: WriteVerb, dry_run: DryRun, method: &str, path: &str) {
        let wanted = WriteRequest {
            resource: resources::config_maps(),
            namespace: "a".to_owned(),
            name: "b".to_owned(),
            body: Node::mapping(),
            verb,
            dry_run,
            validation: FieldValidation::Strict,
            manager: "m",
        };
        let request = write_request(&wanted, Vec::new()).unwrap();
        assert_eq!((request.method.as_str(), request.path_and_query.as_str()), (method, path));
    }

    #[test]
    fn each_verb_has_its_method_and_query() {
        let common = "fieldManager=m&fieldValidation=Strict";
        let object = "/api/v1/namespaces/a/configmaps/b";
        let dry = format!("/api/v1/namespaces/a/configmaps?{common}&dryRun=All");
        check(WriteVerb::Create, DryRun::Server, "POST", &dry);
        let forced = format!("{object}?{common}&force=true");
        check(WriteVerb::Apply, DryRun::No, "PATCH", &forced);
        check(WriteVerb::Merge, DryRun::No, "PATCH", &format!("{object}?{common}"));
        check(WriteVerb::Replace, DryRun::No, "PUT", &format!("{object}?{common}"));
    }
}
