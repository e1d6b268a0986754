//! `app history`: one block per repository, oldest deployment first.

use crate::cli::output::table;
use crate::cli::views::application::{short_revision, time};
use crate::model::Application;
use crate::model::ApplicationSource;
use crate::model::repository::url_without_password;
use crate::model::status::RevisionHistory;

/// The table of `-o wide`; nothing when there is no history.
pub fn wide(application: &Application) -> String {
    let mut blocks: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    for entry in &application.status.history {
        for (source, revision) in deployed(entry) {
            let row = vec![
                entry.id.to_string(),
                entry.deployed_at.map(time).unwrap_or_default(),
                revision_text(source, revision),
            ];
            match blocks.iter_mut().find(|(url, _)| *url == source.repo_url) {
                Some((_, rows)) => rows.push(row),
                None => blocks.push((source.repo_url.clone(), vec![row])),
            }
        }
    }
    let shown: Vec<String> = blocks
        .into_iter()
        .map(|(url, rows)| {
            let head = ["ID", "DATE", "REVISION"].map(str::to_owned).to_vec();
            let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
            let url = url_without_password(&url);
            format!("SOURCE  {url}\n{}", align(&rows))
        })
        .collect();
    shown.join("\n")
}

/// One id per line.
pub fn ids(application: &Application) -> String {
    application.status.history.iter().map(|entry| format!("{}\n", entry.id)).collect()
}

/// The source line is part of argocd's table: its first cell makes the id column as wide as
/// `SOURCE`.
fn align(rows: &[Vec<String>]) -> String {
    let mut widened: Vec<Vec<String>> = rows.to_vec();
    for row in &mut widened {
        row[0] = format!("{:<width$}", row[0], width = "SOURCE".len());
    }
    table::render_rows(&widened)
}

fn deployed(entry: &RevisionHistory) -> Vec<(&ApplicationSource, &str)> {
    if entry.sources.is_empty() {
        entry.source.iter().map(|source| (source, entry.revision.as_str())).collect()
    } else {
        let revisions = entry.revisions.iter().map(String::as_str);
        entry.sources.iter().zip(revisions).collect()
    }
}

fn revision_text(source: &ApplicationSource, revision: &str) -> String {
    let target = &source.target_revision;
    if revision.len() <= 7 || target == revision {
        revision.to_owned()
    } else if target.is_empty() {
        format!("HEAD ({})", short_revision(revision))
    } else {
        format!("{target} ({})", short_revision(revision))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Node;

    fn application(history: &str) -> Application {
        let text = format!(r#"{{"status": {{"history": {history}}}}}"#);
        Application::from_node(serde_json::from_str::<Node>(&text).unwrap()).unwrap()
    }

    #[test]
    fn each_repository_has_its_block() {
        let history = r#"[{"id": 0, "revision": "9988c13857ad", "deployedAt": "2026-11-23T06:16:59Z",
            "source": {"repoURL": "file:///srv/gitops", "targetRevision": "main"}}]"#;
        let text = wide(&application(history));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "SOURCE  file:///srv/gitops");
        assert!(lines[1].starts_with("ID      DATE  "), "{text}");
        assert!(lines[2].starts_with("0       2026-11-23 "), "{text}");
        assert!(lines[2].ends_with("  main (9988c13)"), "{text}");
    }

    #[test]
    fn no_history_prints_nothing() {
        assert_eq!(wide(&application("[]")), "");
        assert_eq!(ids(&application(r#"[{"id": 0}, {"id": 1}]"#)), "0\n1\n");
    }
}
