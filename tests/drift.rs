//! What is freshly synced is Synced and stays so, for every common kind; and what differs is
//! seen, exactly. The manifests are in `tests/cases/kinds`; `SHOP` in them stands for a name of
//! the test's own.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::api::api;
use crate::harness::shop::Shop;

/// How objects are applied.
#[derive(Clone, Copy, PartialEq)]
pub enum Applying {
    ClientSide,
    ServerSide,
}

/// How manifests are made.
#[derive(Clone, Copy, PartialEq)]
pub enum Rendering {
    Directory,
    Kustomize,
}

/// A shop with the manifests of `file`, in a namespace that is ready for pods.
pub fn shop_of(file: &str, applying: Applying, rendering: Rendering) -> Shop {
    let shop = Shop::of(&[("note.txt", "manifests beside")]);
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/kinds");
    let text = fs::read_to_string(cases.join(format!("{file}.yaml"))).unwrap();
    shop.sandbox.write("repo/app/objects.yaml", &text.replace("SHOP", &shop.name));
    if rendering == Rendering::Kustomize {
        shop.sandbox.write("repo/app/kustomization.yaml", "resources: [objects.yaml]\n");
    }
    shop.commit("objects");
    api().namespace(&shop.namespace);
    let account = shop.object("api/v1", "serviceaccounts/default");
    api().eventually(&account, "made", |account| account.is_some());
    shop.write_application(match applying {
        Applying::ClientSide => "",
        Applying::ServerSide => "  syncPolicy: {syncOptions: [ServerSideApply=true]}\n",
    });
    shop.sandbox.tiphys(&["app", "create", "-f", "application.yaml"]).exits(0);
    shop
}

/// The stored status of the Application.
pub fn stored(shop: &Shop) -> Value {
    api().get(&shop.application()).unwrap()["status"].clone()
}

/// Rows of a list in the status whose `field` is not one of `wanted`.
fn rows_without(rows: &Value, field: &str, wanted: &[&str]) -> Vec<String> {
    let rows = rows.as_array().expect("a list of rows");
    let is_wanted = |row: &Value| {
        let text = row[field].as_str().unwrap_or("");
        wanted.iter().any(|wanted| text.ends_with(wanted))
    };
    rows.iter().filter(|row| !is_wanted(row)).map(ToString::to_string).collect()
}

/// Syncs twice: everything is Synced at once, and the second time nothing changes.
#[track_caller]
pub fn settles(file: &str, applying: Applying, rendering: Rendering) -> Shop {
    let shop = shop_of(file, applying, rendering);
    shop.app("sync", &[]).exits(0);
    let diff = shop.app("diff", &[]);
    assert_eq!((diff.code, &*diff.stdout), (0, ""), "{file}: {}", diff.stderr);
    let outcome: &[&str] = match applying {
        Applying::ClientSide => &[" unchanged"],
        Applying::ServerSide => &[" serverside-applied", " unchanged"],
    };
    shop.app("sync", &[]).exits(0);
    let status = stored(&shop);
    let rows = &status["operationState"]["syncResult"]["resources"];
    let changed = rows_without(rows, "message", outcome);
    assert!(changed.is_empty(), "{file}: {changed:#?}");
    let unsynced = rows_without(&status["resources"], "status", &["Synced"]);
    assert!(unsynced.is_empty(), "{file}: {unsynced:#?}");
    shop.app("diff", &["--refresh"]).exits(0);
    shop
}

macro_rules! settling {
    ($($name:ident: $file:literal;)*) => {
        $(mod $name {
            use super::{Applying, Rendering, settles};

            #[test]
            fn settle_when_applied_client_side() {
                settles($file, Applying::ClientSide, Rendering::Directory);
            }

            #[test]
            fn settle_when_applied_server_side() {
                settles($file, Applying::ServerSide, Rendering::Directory);
            }

            #[test]
            fn settle_when_rendered_by_kustomize() {
                settles($file, Applying::ClientSide, Rendering::Kustomize);
            }
        })*
    };
}

settling! {
    workloads: "workloads";
    pods: "pods";
    networking: "networking";
    configuration: "configuration";
    access: "access";
    scaling: "scaling";
    storage: "storage";
    admission: "admission";
    definitions: "definitions";
}

#[test]
fn scalars_of_yaml_1_1_settle() {
    settles("scalars", Applying::ClientSide, Rendering::Directory);
    settles("scalars", Applying::ServerSide, Rendering::Directory);
}

#[test]
fn excluded_kinds_are_warned_of_and_never_made() {
    let shop = settles("excluded", Applying::ClientSide, Rendering::Directory);
    let status = stored(&shop);
    let conditions = status["conditions"].as_array().unwrap();
    for kind in ["/Endpoints", "discovery.k8s.io/EndpointSlice", "coordination.k8s.io/Lease"] {
        let message = format!("Resource {kind} excluded is excluded in the settings");
        let warned = |condition: &Value| {
            condition["type"] == "ExcludedResourceWarning" && condition["message"] == message
        };
        assert!(conditions.iter().any(warned), "{kind}: {conditions:#?}");
    }
    assert!(api().get(&shop.object("apis/coordination.k8s.io/v1", "leases/excluded")).is_none());
    assert!(api().get(&shop.object("api/v1", "endpoints/excluded")).is_none());
}
