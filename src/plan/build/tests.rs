//! Which tasks a comparison gives, and in which order.

use super::*;
use crate::model::{ApiCatalog, ApiResource, Scope, SyncStatusCode};
use crate::plan::check;
use crate::plan::options::SYNC_OPTIONS_ANNOTATION;

/// `KIND/NAME` in namespace `shop`, with annotations; definitions are for kind `Widget`.
fn object(text: &str, annotations: &[(&str, &str)]) -> Node {
    let (kind, name) = text.split_once('/').unwrap();
    let mut node = Node::mapping();
    let api_version = match kind {
        "Deployment" => "apps/v1",
        "CustomResourceDefinition" => "apiextensions.k8s.io/v1",
        "Widget" => "example.com/v1",
        _ => "v1",
    };
    node.set(&["apiVersion"], api_version);
    node.set(&["kind"], kind);
    node.set(&["metadata", "name"], name);
    node.set(&["metadata", "uid"], "uid");
    if !matches!(kind, "Namespace" | "CustomResourceDefinition") {
        node.set(&["metadata", "namespace"], "shop");
    }
    if kind == "CustomResourceDefinition" {
        node.set(&["spec", "group"], "example.com");
        node.set(&["spec", "names", "kind"], "Widget");
    }
    for (key, value) in annotations {
        node.set_annotation(key, value);
    }
    node
}

fn pair(root: &Node, wave: i64) -> ResourceComparison {
    ResourceComparison {
        key: root.key(),
        version: root.version().into(),
        target: None,
        live: None,
        status: Some(SyncStatusCode::OutOfSync),
        health: None,
        hook: false,
        requires_pruning: false,
        requires_deletion_confirmation: false,
        wave,
        difference: None,
    }
}

fn target(text: &str, wave: i64, annotations: &[(&str, &str)]) -> ResourceComparison {
    let root = object(text, annotations);
    let mut pair = pair(&root, wave);
    let resource = (root.group() != "example.com").then(|| ApiResource {
        group: root.group().into(),
        version: root.version().into(),
        kind: root.kind().into(),
        plural: "things".into(),
        scope: Scope::Namespaced,
        verbs: Vec::new(),
    });
    let manifest = crate::model::Manifest { root, ..Default::default() };
    pair.target = Some(Arc::new(TargetObject { manifest, key: pair.key.clone(), resource }));
    pair
}

fn extra(text: &str, wave: i64, annotations: &[(&str, &str)]) -> ResourceComparison {
    let root = object(text, annotations);
    let mut pair = pair(&root, wave);
    pair.live = Some(Arc::new(root));
    pair.requires_pruning = true;
    pair
}

fn plan_with(
    options: &[&str],
    guard: PruneGuard,
    resources: Vec<ResourceComparison>,
) -> Result<SyncPlan, PlanError> {
    let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
    let request = PlanRequest {
        options: &SyncOptions::new(&options),
        prune: PruneMode::Delete,
        guard,
        occupied_definitions: &BTreeSet::new(),
        selection: &[],
        namespace: None,
        catalog: &ApiCatalog::default(),
        project_refusal: &|_| None,
    };
    let comparison = Comparison { resources, ..Comparison::default() };
    let plan = build(&comparison, &request)?;
    assert_eq!(check::violations(&plan), Vec::<String>::new());
    Ok(plan)
}

/// `wave:Kind/name` of each task, `-` before those that delete, `~` before those that skip.
fn tasks(plan: &SyncPlan) -> Vec<String> {
    let show = |task: &SyncTask| {
        let mark = match task.action {
            TaskAction::Apply => "",
            TaskAction::Prune | TaskAction::ConfirmPrune => "-",
            TaskAction::SkipPrune(_) => "~",
        };
        format!("{}:{mark}{}/{}", task.wave, task.key.kind, task.key.name)
    };
    plan.tasks.iter().map(show).collect()
}

fn check_order(options: &[&str], resources: Vec<ResourceComparison>, expected: &[&str]) {
    let plan = plan_with(options, PruneGuard::Off, resources).unwrap();
    assert_eq!(tasks(&plan), expected);
}

#[test]
fn waves_then_kinds_then_names() {
    check_order(
        &[],
        vec![
            target("Deployment/web", 0, &[]),
            target("ConfigMap/late", 1, &[]),
            target("ConfigMap/b", 0, &[]),
            target("ConfigMap/a", 0, &[]),
            target("Secret/early", -1, &[]),
        ],
        &[
            "-1:Secret/early",
            "0:ConfigMap/a",
            "0:ConfigMap/b",
            "0:Deployment/web",
            "1:ConfigMap/late",
        ],
    );
}

#[test]
fn a_namespace_comes_before_what_lives_in_it() {
    check_order(
        &[],
        vec![target("Namespace/shop", 3, &[]), target("ConfigMap/a", 0, &[])],
        &["0:Namespace/shop", "0:ConfigMap/a"],
    );
}

#[test]
fn a_definition_comes_before_its_objects_and_makes_their_kind_valid() {
    check_order(
        &[],
        vec![
            target("Widget/one", -2, &[]),
            target("CustomResourceDefinition/widgets.example.com", 0, &[]),
        ],
        &["-2:CustomResourceDefinition/widgets.example.com", "-2:Widget/one"],
    );
}

#[test]
fn prune_waves_are_mirrored_and_prune_last_is_last() {
    check_order(
        &[],
        vec![
            extra("ConfigMap/zero", 0, &[]),
            extra("ConfigMap/one", 1, &[]),
            extra("ConfigMap/five", 5, &[]),
        ],
        &["0:-ConfigMap/five", "1:-ConfigMap/one", "5:-ConfigMap/zero"],
    );
    check_order(
        &[],
        vec![
            target("ConfigMap/new", 2, &[]),
            extra("ConfigMap/old", 0, &[(SYNC_OPTIONS_ANNOTATION, "PruneLast=true")]),
        ],
        &["2:ConfigMap/new", "3:-ConfigMap/old"],
    );
}

#[test]
fn custom_resources_are_gone_before_their_definition_goes() {
    let plan = plan_with(
        &[],
        PruneGuard::Off,
        vec![
            extra("CustomResourceDefinition/widgets.example.com", 0, &[]),
            extra("Widget/one", 0, &[]),
            target("ConfigMap/kept", 0, &[]),
        ],
    )
    .unwrap();
    let widget = plan.tasks.iter().find(|task| &*task.key.kind == "Widget").unwrap();
    let definition = plan.tasks.iter().find(|task| task.key.kind.starts_with("Custom")).unwrap();
    assert!(widget.group() < definition.group());
}

#[test]
fn the_guard_turns_deletions_into_skips_and_lists_them() {
    let resources = vec![extra("Namespace/shop", 0, &[]), target("ConfigMap/a", 0, &[])];
    let plan = plan_with(&[], PruneGuard::On, resources).unwrap();
    assert_eq!(tasks(&plan), ["0:~Namespace/shop", "0:ConfigMap/a"]);
    assert_eq!(plan.held_back.len(), 1);
    assert_eq!(plan.requires_pruning(), 1);
}

#[test]
fn only_what_is_out_of_sync_is_applied_when_asked() {
    let mut synced = target("ConfigMap/same", 0, &[]);
    synced.status = Some(SyncStatusCode::Synced);
    let resources = vec![synced, target("ConfigMap/other", 0, &[])];
    check_order(&["ApplyOutOfSyncOnly=true"], resources, &["0:ConfigMap/other"]);
}

#[test]
fn hooks_are_refused_by_name_and_skipped_objects_are_left_out() {
    let hook = |value| [(crate::compare::hooks::HOOK_ANNOTATION, value)];
    let error = plan_with(
        &[],
        PruneGuard::On,
        vec![target("Job/migrate", 0, &hook("PreSync")), target("ConfigMap/a", 0, &[])],
    )
    .unwrap_err();
    assert_eq!(error.to_string(), "hooks are not supported yet: Job/migrate");
    check_order(
        &[],
        vec![target("Job/never", 0, &hook("Skip")), target("ConfigMap/a", 0, &[])],
        &["0:ConfigMap/a"],
    );
}

#[test]
fn a_kind_nobody_serves_is_not_valid() {
    let error = plan_with(&[], PruneGuard::On, vec![target("Widget/one", 0, &[])]).unwrap_err();
    let PlanError::NotValid { message, objects } = error else { panic!("{error}") };
    assert_eq!(
        message,
        "one or more synchronization tasks are not valid: failed to discover server resources \
         for group version example.com/v1: the server could not find the requested resource"
    );
    assert_eq!(
        objects[0].1,
        "The Kubernetes API could not find example.com/Widget for requested resource shop/one. \
         Make sure the \"Widget\" CRD is installed on the destination cluster."
    );
    let tolerated =
        target("Widget/one", 0, &[(SYNC_OPTIONS_ANNOTATION, "SkipDryRunOnMissingResource=true")]);
    check_order(&[], vec![tolerated], &["0:Widget/one"]);
}
