//! A change made by hand shows as exactly that change and is undone by a sync; what Git does not
//! name is left alone; what left Git goes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::drift::{Applying, Rendering, settles, shop_of, stored};
use crate::harness::api::api;
use crate::harness::shop::Shop;

/// A change by hand: the object as `group/version plural/name`, a JSON pointer, the new value,
/// and the lines of the diff.
type Change = (&'static str, &'static str, Value, &'static [&'static str]);

/// Path of an object; a `/` before the plural says that it is cluster-scoped.
fn path_of(shop: &Shop, object: &str) -> String {
    let object = object.replace("SHOP", &shop.name);
    let (api_version, object) = object.split_once(' ').unwrap();
    let root = if api_version.contains('/') { "apis" } else { "api" };
    match object.strip_prefix('/') {
        Some(object) => format!("/{root}/{api_version}/{object}"),
        None => shop.object(&format!("{root}/{api_version}"), object),
    }
}

/// Sets one value of an object, and an annotation that Git does not name.
fn change(path: &str, pointer: &str, value: &Value) {
    let mut object = api().get(path).unwrap();
    *object.pointer_mut(pointer).unwrap_or_else(|| panic!("{path}: no {pointer}")) = value.clone();
    object["metadata"]["annotations"]["example.com/injected"] = json!("by-hand");
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.retain(|key, _| ["annotations", "labels"].contains(&key.as_str()));
    object.as_object_mut().unwrap().remove("status");
    api().patch(path, &object);
}

/// The changed lines of each object in a diff, by `name`.
fn changed_lines(diff: &str) -> BTreeMap<String, Vec<String>> {
    let mut objects = BTreeMap::new();
    for part in diff.split("\n===== ").filter_map(|part| part.strip_prefix("===== ").or(Some(part)))
    {
        let mut lines = part.lines();
        let Some(header) = lines.next().filter(|header| header.ends_with(" ======")) else {
            continue;
        };
        let header = header.trim_end_matches(" ======");
        let changed = lines.filter(|line| line.starts_with(['+', '-'])).map(str::to_owned);
        objects.insert(header.to_owned(), changed.collect());
    }
    objects
}

/// Makes all changes, sees exactly them, and syncs them away.
#[track_caller]
fn are_seen_and_undone(file: &str, applying: Applying, changes: &[Change]) {
    let shop = settles(file, applying, Rendering::Directory);
    let mut wanted: Vec<Vec<String>> = Vec::new();
    for (object, pointer, value, lines) in changes {
        change(&path_of(&shop, object), pointer, value);
        wanted.push(lines.iter().map(|line| line.replace("SHOP", &shop.name)).collect());
    }
    let diff = shop.app("diff", &[]);
    let mut seen: Vec<Vec<String>> = changed_lines(&diff.stdout).into_values().collect();
    seen.sort();
    wanted.sort();
    assert_eq!(seen, wanted, "{file}: {}{}", diff.stdout, diff.stderr);
    assert_eq!(diff.code, 1);
    shop.app("get", &[]).exits(0).says("OutOfSync from main");
    shop.app("sync", &[]).exits(0);
    let diff = shop.app("diff", &[]);
    assert_eq!((diff.code, &*diff.stdout), (0, ""), "{file}: {}", diff.stderr);
    for (object, ..) in changes {
        let live = api().get(&path_of(&shop, object)).unwrap();
        let injected = &live["metadata"]["annotations"]["example.com/injected"];
        assert_eq!(injected, "by-hand", "{object}");
    }
}

#[track_caller]
fn check(file: &str, changes: &[Change]) {
    are_seen_and_undone(file, Applying::ClientSide, changes);
    are_seen_and_undone(file, Applying::ServerSide, changes);
}

#[test]
fn of_workloads_are_seen_and_undone() {
    check(
        "workloads",
        &[
            (
                "apps/v1 deployments/rich",
                "/spec/replicas",
                json!(3),
                &["-  replicas: 3", "+  replicas: 2"],
            ),
            (
                "apps/v1 deployments/minimal",
                "/spec/template/spec/containers/0/image",
                json!("other"),
                &["-      - image: other", "+      - image: registry.example.com/web"],
            ),
            (
                "apps/v1 replicasets/rich-set",
                "/spec/minReadySeconds",
                json!(5),
                &["-  minReadySeconds: 5", "+  minReadySeconds: 1"],
            ),
            (
                "apps/v1 daemonsets/rich",
                "/spec/updateStrategy/rollingUpdate/maxUnavailable",
                json!(2),
                &["-      maxUnavailable: 2", "+      maxUnavailable: 30%"],
            ),
            (
                "apps/v1 statefulsets/rich",
                "/spec/template/spec/containers/0/image",
                json!("other"),
                &["-      - image: other", "+      - image: registry.example.com/db:1"],
            ),
        ],
    );
}

#[test]
fn of_pods_and_jobs_are_seen_and_undone() {
    check(
        "pods",
        &[
            (
                "v1 pods/rich",
                "/metadata/labels/app",
                json!("other"),
                &["-    app: other", "+    app: rich"],
            ),
            (
                "v1 pods/minimal",
                "/spec/containers/0/image",
                json!("other"),
                &["-  - image: other", "+  - image: registry.example.com/one"],
            ),
            (
                "batch/v1 jobs/rich",
                "/spec/activeDeadlineSeconds",
                json!(700),
                &["-  activeDeadlineSeconds: 700", "+  activeDeadlineSeconds: 600"],
            ),
            (
                "batch/v1 cronjobs/rich",
                "/spec/jobTemplate/spec/template/spec/containers/0/env/0/value",
                json!("off"),
                &["-              value: \"off\"", "+              value: \"on\""],
            ),
        ],
    );
}

#[test]
fn of_networking_are_seen_and_undone() {
    check(
        "networking",
        &[
            (
                "v1 services/node-port",
                "/spec/externalTrafficPolicy",
                json!("Cluster"),
                &["-  externalTrafficPolicy: Cluster", "+  externalTrafficPolicy: Local"],
            ),
            (
                "v1 services/two-protocols",
                "/spec/ports/1/targetPort",
                json!(5354),
                &["-    targetPort: 5354", "+    targetPort: 5353"],
            ),
            (
                "networking.k8s.io/v1 ingresses/rich",
                "/spec/rules/0/http/paths/1/path",
                json!("/other"),
                &["-        path: /other", "+        path: /api"],
            ),
            (
                "networking.k8s.io/v1 networkpolicies/rich",
                "/spec/ingress/0/ports/0/port",
                json!(8081),
                &["-    - port: 8081", "+    - port: 8080"],
            ),
            (
                "networking.k8s.io/v1 /ingressclasses/SHOP-rich",
                "/metadata/labels/app",
                json!("other"),
                &["-    app: other", "+    app: ingress"],
            ),
        ],
    );
}

#[test]
fn of_configuration_are_seen_and_undone() {
    check(
        "configuration",
        &[
            (
                "v1 configmaps/rich",
                "/data/octal",
                json!("0755"),
                &["-  octal: \"0755\"", "+  octal: \"0644\""],
            ),
            (
                "v1 serviceaccounts/rich",
                "/imagePullSecrets/1/name",
                json!("another"),
                &["-- name: another", "+- name: other"],
            ),
            (
                "v1 resourcequotas/minimal",
                "/spec/hard/pods",
                json!("11"),
                &["-    pods: \"11\"", "+    pods: 10"],
            ),
            (
                "v1 limitranges/rich",
                "/spec/limits/1/max/memory",
                json!("8Gi"),
                &["-      memory: 8Gi", "+      memory: 4096Mi"],
            ),
        ],
    );
}

#[test]
fn of_access_are_seen_and_undone() {
    check(
        "access",
        &[
            (
                "rbac.authorization.k8s.io/v1 roles/rich",
                "/rules/0/verbs/0",
                json!("watch"),
                &["-  - watch", "+  - get"],
            ),
            (
                "rbac.authorization.k8s.io/v1 rolebindings/rich",
                "/subjects/1/name",
                json!("john"),
                &["-  name: john", "+  name: jane"],
            ),
            (
                "rbac.authorization.k8s.io/v1 /clusterroles/SHOP-rich",
                "/rules/1/nonResourceURLs/0",
                json!("/other"),
                &["-  - /other", "+  - /metrics"],
            ),
            (
                "rbac.authorization.k8s.io/v1 /clusterroles/SHOP-aggregated",
                "/aggregationRule/clusterRoleSelectors/0/matchLabels/aggregate-to",
                json!("other"),
                &["-      aggregate-to: other", "+      aggregate-to: SHOP"],
            ),
            (
                "rbac.authorization.k8s.io/v1 /clusterrolebindings/SHOP-rich",
                "/subjects/1/name",
                json!("other"),
                &["-  name: other", "+  name: system:nobody"],
            ),
        ],
    );
}

#[test]
fn of_scaling_are_seen_and_undone() {
    check(
        "scaling",
        &[
            (
                "autoscaling/v2 horizontalpodautoscalers/rich",
                "/spec/behavior/scaleDown/stabilizationWindowSeconds",
                json!(61),
                &["-      stabilizationWindowSeconds: 61", "+      stabilizationWindowSeconds: 60"],
            ),
            (
                "autoscaling/v1 horizontalpodautoscalers/first-version",
                "/spec/targetCPUUtilizationPercentage",
                json!(71),
                &["-  targetCPUUtilizationPercentage: 71", "+  targetCPUUtilizationPercentage: 70"],
            ),
            (
                "policy/v1 poddisruptionbudgets/rich",
                "/spec/minAvailable",
                json!("51%"),
                &["-  minAvailable: 51%", "+  minAvailable: 50%"],
            ),
            (
                "scheduling.k8s.io/v1 /priorityclasses/SHOP-rich",
                "/description",
                json!("For others.\n"),
                &["-  For others.", "+  For what can wait."],
            ),
            (
                "node.k8s.io/v1 /runtimeclasses/SHOP-rich",
                "/scheduling/nodeSelector/sandboxed",
                json!("false"),
                &["-    sandboxed: \"false\"", "+    sandboxed: \"true\""],
            ),
        ],
    );
}

#[test]
fn of_storage_are_seen_and_undone() {
    check(
        "storage",
        &[
            (
                "storage.k8s.io/v1 /storageclasses/SHOP-rich",
                "/allowVolumeExpansion",
                json!(false),
                &["-allowVolumeExpansion: false", "+allowVolumeExpansion: true"],
            ),
            (
                "v1 /persistentvolumes/SHOP-rich",
                "/spec/persistentVolumeReclaimPolicy",
                json!("Retain"),
                &[
                    "-  persistentVolumeReclaimPolicy: Retain",
                    "+  persistentVolumeReclaimPolicy: Delete",
                ],
            ),
            (
                "v1 persistentvolumeclaims/rich",
                "/metadata/labels/team",
                json!("other"),
                &["-    team: other", "+    team: shop"],
            ),
            (
                "storage.k8s.io/v1 /csidrivers/rich.SHOP.example.com",
                "/spec/tokenRequests/0/audience",
                json!("other"),
                &["-  - audience: other", "+  - audience: example"],
            ),
        ],
    );
}

#[test]
fn of_admission_are_seen_and_undone() {
    check(
        "admission",
        &[
            (
                "admissionregistration.k8s.io/v1 /mutatingwebhookconfigurations/SHOP-rich",
                "/webhooks/0/timeoutSeconds",
                json!(6),
                &["-  timeoutSeconds: 6", "+  timeoutSeconds: 5"],
            ),
            (
                "admissionregistration.k8s.io/v1 /validatingwebhookconfigurations/SHOP-rich",
                "/webhooks/0/failurePolicy",
                json!("Fail"),
                &["-  failurePolicy: Fail", "+  failurePolicy: Ignore"],
            ),
            (
                "admissionregistration.k8s.io/v1 /validatingadmissionpolicies/SHOP-rich",
                "/spec/validations/0/message",
                json!("other"),
                &["-    message: other", "+    message: too many"],
            ),
            (
                "admissionregistration.k8s.io/v1 /validatingadmissionpolicybindings/SHOP-rich",
                "/spec/paramRef/name",
                json!("other"),
                &["-    name: other", "+    name: limits"],
            ),
        ],
    );
}

#[test]
fn of_definitions_and_their_objects_are_seen_and_undone() {
    check(
        "definitions",
        &[
            (
                "apiextensions.k8s.io/v1 /customresourcedefinitions/riches.SHOP.example.com",
                "/spec/versions/0/additionalPrinterColumns/0/name",
                json!("Other"),
                &["-      name: Other", "+      name: Replicas"],
            ),
            (
                "SHOP.example.com/v1 /riches/rich",
                "/spec/items/1/size",
                json!(3),
                &["-    size: 3", "+    size: 2"],
            ),
            (
                "SHOP.example.com/v1 plains/rich",
                "/spec/mode",
                json!(421),
                &["-  mode: 421", "+  mode: 420"],
            ),
            (
                "v1 /namespaces/SHOP-rich",
                "/metadata/labels/team",
                json!("other"),
                &["-    team: other", "+    team: shop"],
            ),
        ],
    );
}

#[test]
fn of_a_secret_are_seen_without_its_values() {
    let shop = settles("configuration", Applying::ClientSide, Rendering::Directory);
    change(&shop.object("api/v1", "secrets/rich"), "/data/user", &json!("b3RoZXI="));
    let diff = shop.app("diff", &[]).exits(1);
    for value in ["b3RoZXI=", "other", "shopkeeper", "c2hvcGtlZXBlcg=="] {
        assert!(!diff.stdout.contains(value), "{}", diff.stdout);
    }
    let lines = changed_lines(&diff.stdout);
    assert_eq!(lines.len(), 1, "{}", diff.stdout);
    let lines = lines.values().next().unwrap();
    assert!(lines.len() == 2 && lines.iter().all(|line| line[1..].starts_with("  user: ")));
    shop.app("sync", &[]).exits(0);
    let live = api().get(&shop.object("api/v1", "secrets/rich")).unwrap();
    assert_eq!(live["data"]["user"], "c2hvcGtlZXBlcg==");
}

/// The live objects of the application, without what is kept about them.
fn live_objects(shop: &Shop) -> Vec<Value> {
    let status = stored(shop);
    let rows = status["resources"].as_array().unwrap();
    let live = rows.iter().map(|row| {
        let text = |field: &str| row[field].as_str().unwrap_or("");
        let kind = text("kind").to_lowercase();
        let plural = match kind.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None if kind.ends_with('s') => format!("{kind}es"),
            None => format!("{kind}s"),
        };
        let version = format!("{}/{}", text("group"), text("version"));
        let slash = if text("namespace").is_empty() { "/" } else { "" };
        let version = version.trim_start_matches('/');
        let path = path_of(shop, &format!("{version} {slash}{plural}/{}", text("name")));
        let mut object = api().get(&path).unwrap_or_else(|| panic!("{path}"));
        object["metadata"]["managedFields"].take();
        object["status"].take();
        if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
        object
    });
    live.collect()
}

#[track_caller]
fn go_when_they_left_git(applying: Applying, rendering: Rendering) {
    let is_marked = |object: &&Value| object.to_string().to_lowercase().contains("gone");
    let shop = shop_of("removals", applying, rendering);
    shop.app("sync", &[]).exits(0);
    let before = live_objects(&shop);
    let unmarked: Vec<&Value> = before.iter().filter(|object| !is_marked(object)).collect();
    assert!(unmarked.is_empty(), "nothing can go from {unmarked:#?}");
    shop.edit("objects.yaml", "/# removed$/d");
    let diff = shop.app("diff", &["--refresh"]).exits(1);
    assert_eq!(changed_lines(&diff.stdout).len(), before.len(), "{}", diff.stdout);
    shop.app("sync", &[]).exits(0);
    let after = live_objects(&shop);
    let left: Vec<&Value> = after.iter().filter(is_marked).collect();
    assert!(left.is_empty(), "still there: {left:#?}");
    let diff = shop.app("diff", &["--refresh"]);
    assert_eq!((diff.code, &*diff.stdout), (0, ""));
}

#[test]
fn fields_and_items_that_left_git_go_when_applied_client_side() {
    go_when_they_left_git(Applying::ClientSide, Rendering::Directory);
}

#[test]
fn fields_and_items_that_left_git_go_when_applied_server_side() {
    go_when_they_left_git(Applying::ServerSide, Rendering::Directory);
}

#[test]
fn fields_and_items_that_left_git_go_when_rendered_by_kustomize() {
    go_when_they_left_git(Applying::ClientSide, Rendering::Kustomize);
}

#[test]
fn of_fields_that_git_does_not_name_are_no_drift() {
    let shop = settles("workloads", Applying::ClientSide, Rendering::Directory);
    let path = shop.object("apis/apps/v1", "deployments/minimal");
    let injected = json!({
        "metadata": {"labels": {"injected": "yes"}},
        "spec": {
            "replicas": 4,
            "template": {
                "metadata": {"annotations": {"restarted-at": "now"}},
                "spec": {"nodeSelector": {"kubernetes.io/os": "linux"}},
            },
        },
    });
    api().patch(&path, &injected);
    shop.app("diff", &[]).exits(0);
    shop.app("sync", &[]).exits(0).says("deployment.apps/minimal unchanged");
    let live = api().get(&path).unwrap();
    assert_eq!(live["spec"]["replicas"], 4);
    assert_eq!(live["metadata"]["labels"]["injected"], "yes");
}
