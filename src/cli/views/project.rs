//! `proj list` and `proj get`.

use crate::cli::output::table;
use crate::model::AppProject;
use crate::model::project::{ProjectDestination, ProjectKind};
use crate::yaml::Node;

/// Column headings of `proj list`.
const HEADER: [&str; 9] = [
    "NAME",
    "DESCRIPTION",
    "DESTINATIONS",
    "SOURCES",
    "CLUSTER-RESOURCE-WHITELIST",
    "NAMESPACE-RESOURCE-BLACKLIST",
    "SIGNATURE-KEYS",
    "ORPHANED-RESOURCES",
    "DESTINATION-SERVICE-ACCOUNTS",
];

/// Labels of `proj get` are padded to this width.
const LABEL_WIDTH: usize = 29;

/// The table of `proj list`.
pub fn wide(projects: &[AppProject]) -> String {
    let rows: Vec<Vec<String>> = projects.iter().map(row).collect();
    table::render(&HEADER, &rows)
}

fn row(project: &AppProject) -> Vec<String> {
    let spec = &project.spec;
    let destinations: Vec<String> = spec.destinations.iter().map(destination).collect();
    vec![
        project.name().to_owned(),
        spec.description.clone(),
        one_or_count(&destinations, "destinations"),
        one_or_count(&spec.source_repos, "repos"),
        one_or_count(&kinds(&spec.cluster_resource_whitelist), "resources"),
        one_or_count(&kinds(&spec.namespace_resource_blacklist), "resources"),
        one_or_count(&signature_keys(project), "key(s)"),
        orphaned(project),
        one_or_count(&service_accounts(project), "destinationServiceAccounts"),
    ]
}

/// The block of `proj get`.
pub fn details(project: &AppProject) -> String {
    let spec = &project.spec;
    let destinations: Vec<String> = spec.destinations.iter().map(destination).collect();
    let mut text = line("Name:", project.name());
    text += &line("Description:", &spec.description);
    text += &lines("Destinations:", &destinations);
    text += &lines("Repositories:", &spec.source_repos);
    text += &lines("Source Namespaces:", &spec.source_namespaces);
    text += &lines("Scoped Repositories:", &[]);
    text += &lines("Allowed Cluster Resources:", &kinds(&spec.cluster_resource_whitelist));
    text += &lines("Scoped Clusters:", &[]);
    text += &lines("Denied Namespaced Resources:", &kinds(&spec.namespace_resource_blacklist));
    text += &lines("Signature keys:", &signature_keys(project));
    text += &line("Orphaned Resources:", &orphaned(project));
    text
}

fn line(label: &str, value: &str) -> String {
    format!("{label:<LABEL_WIDTH$}{value}\n")
}

/// The first value beside the label, the others below it; `<none>` when there are none.
fn lines(label: &str, values: &[String]) -> String {
    match values.split_first() {
        None => line(label, "<none>"),
        Some((first, rest)) => {
            let rest = rest.iter().map(|value| line("", value));
            std::iter::once(line(label, first)).chain(rest).collect()
        }
    }
}

fn destination(one: &ProjectDestination) -> String {
    let cluster = if one.server.is_empty() { &one.name } else { &one.server };
    format!("{cluster},{}", one.namespace)
}

fn kinds(list: &[ProjectKind]) -> Vec<String> {
    list.iter().map(|kind| format!("{}/{}", kind.group, kind.kind)).collect()
}

fn signature_keys(project: &AppProject) -> Vec<String> {
    project.spec.signature_keys.iter().map(|key| key.str_at(&["keyID"]).to_owned()).collect()
}

fn service_accounts(project: &AppProject) -> Vec<String> {
    let text = |one: &Node| {
        format!(
            "{},{},{}",
            one.str_at(&["server"]),
            one.str_at(&["namespace"]),
            one.str_at(&["defaultServiceAccount"])
        )
    };
    project.spec.destination_service_accounts.iter().map(text).collect()
}

fn orphaned(project: &AppProject) -> String {
    let Some(settings) = &project.spec.orphaned_resources else {
        return "disabled".to_owned();
    };
    let warn = settings.get("warn").and_then(Node::as_bool).unwrap_or(false);
    format!("enabled (warn={warn})")
}

fn one_or_count(values: &[String], noun: &str) -> String {
    match values {
        [] => "<none>".to_owned(),
        [one] => one.clone(),
        many => format!("{} {noun}", many.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(spec: &str) -> AppProject {
        let text = format!(r#"{{"metadata": {{"name": "ecommerce"}}, "spec": {spec}}}"#);
        AppProject::from_node(serde_json::from_str::<Node>(&text).unwrap()).unwrap()
    }

    #[test]
    fn the_list_shows_one_value_or_a_count() {
        let spec = r#"{"description": "Shop", "sourceRepos": ["*"],
            "destinations": [{"server": "*", "namespace": "*"}, {"name": "x", "namespace": "y"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}"#;
        let text = wide(&[project(spec)]);
        let row = text.lines().nth(1).unwrap();
        let cells: Vec<&str> =
            row.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect();
        assert_eq!(
            cells,
            [
                "ecommerce",
                "Shop",
                "2 destinations",
                "*",
                "*/*",
                "<none>",
                "<none>",
                "disabled",
                "<none>"
            ]
        );
    }

    #[test]
    fn details_put_further_values_below_the_first() {
        let text = details(&project(r#"{"sourceRepos": ["a", "b"]}"#));
        assert!(text.contains("Repositories:                a\n                             b\n"));
    }
}
