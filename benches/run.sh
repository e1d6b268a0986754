#!/usr/bin/env bash
# Measures tiphys beside kubectl on a throw-away cluster and prints a table. Ratios of the same
# run count; the seconds are this machine's.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
tiphys=$target/release/tiphys
work=$(mktemp -d "${TMPDIR:-/tmp}/tiphys-bench.XXXXXX")
cluster=$("$root/tests/cluster/build.sh")

finish() {
    "$cluster" down --dir "$work/cluster" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

export XDG_CACHE_HOME=$work/cache HOME=$work/home TZ=UTC
mkdir -p "$HOME"
"$cluster" up --dir "$work/cluster" --nodes 3 --detach >/dev/null
export KUBECONFIG=$work/cluster/admin.kubeconfig
cd "$work"

# mean_of NAME COMMAND: mean wall seconds over several runs.
mean_of() {
    hyperfine --shell=none --warmup 2 --runs "${RUNS:-10}" --ignore-failure \
        --export-json "$work/$1.json" "$2" >/dev/null 2>&1
    sed -n 's/^ *"mean": *\([0-9.e-]*\),*/\1/p' "$work/$1.json" | head -n 1
}
# once COMMAND…: wall seconds and peak memory (MB) of one run.
once() {
    /usr/bin/env bash -c 'TIMEFORMAT=%R; time "$@" >/dev/null 2>"$0.err"' "$work/once" "$@" 2>&1 | tail -n 1
}
peak_mb() {
    local status
    "$@" >/dev/null 2>&1 &
    local pid=$! peak=0 now
    while kill -0 "$pid" 2>/dev/null; do
        now=$(sed -n 's/^VmHWM: *\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2>/dev/null || true)
        if [ -n "$now" ] && [ "$now" -gt "$peak" ]; then peak=$now; fi
        sleep 0.02
    done
    wait "$pid" || status=$?
    echo $((peak / 1024))
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
row() { printf '%-52s %10s %10s %8s  %s\n' "$@"; }

make_objects() { # FOLDER: 800 ConfigMaps, 100 Deployments, 100 Services
    mkdir -p "$1"
    local i
    for i in $(seq 1 800); do
        printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-%s}\ndata: {a: "%s", b: value}\n' "$i" "$i"
    done >"$1/configmaps.yaml"
    for i in $(seq 1 100); do
        cat <<YAML
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-$i}
spec:
  replicas: 1
  selector: {matchLabels: {app: web-$i}}
  template:
    metadata: {labels: {app: web-$i}}
    spec: {containers: [{name: web, image: "nginx:1.25", ports: [{containerPort: 80}]}]}
YAML
    done >"$1/deployments.yaml"
    for i in $(seq 1 100); do
        printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: web-%s}\nspec: {selector: {app: web-%s}, ports: [{port: 80}]}\n' "$i" "$i"
    done >"$1/services.yaml"
}

application() { # NAME NAMESPACE REPOSITORY PATH
    cat <<YAML
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: $1, namespace: argocd}
spec:
  project: default
  source: {repoURL: "file://$3", path: $4, targetRevision: main}
  destination: {server: https://kubernetes.default.svc, namespace: $2}
  syncPolicy: {syncOptions: [CreateNamespace=true]}
YAML
}

repository() { # FOLDER
    git init -q -b main "$1"
    git -C "$1" add -A
    git -C "$1" -c user.name=bench -c user.email=bench@example.com commit -q -m bench
}

"$tiphys" admin install >/dev/null
make_objects "$work/big/app"
repository "$work/big"
mkdir -p "$work/small/app"
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n' >"$work/small/app/a.yaml"
repository "$work/small"
for i in $(seq 1 100); do application "small-$i" "small-$((i % 5))" "$work/small" app; done >"$work/small.yaml"
application big big "$work/big" app >"$work/big.yaml"
"$tiphys" app create -f "$work/small.yaml" --validate=false >/dev/null
"$tiphys" app create -f "$work/big.yaml" --validate=false >/dev/null
"$tiphys" app sync small-1 >/dev/null

row "what" "tiphys" "peer" "ratio" "peer and goal"
a=$(mean_of start "$tiphys version --client")
b=$(mean_of start-kubectl "kubectl version --client")
row "start-up, version --client (s)" "$(printf %.4f "$a")" "$(printf %.4f "$b")" "$(ratio "$b" "$a")x" "kubectl; goal 15x faster"
a=$(mean_of list "$tiphys app list")
b=$(mean_of list-kubectl "kubectl get applications -n argocd")
row "app list, 101 applications (s)" "$(printf %.4f "$a")" "$(printf %.4f "$b")" "$(ratio "$a" "$b")" "kubectl get; goal at most 1.3"
a=$(mean_of get "$tiphys app get small-1")
b=$(mean_of get-kubectl "kubectl get configmap/a application.argoproj.io/small-1 -n argocd")
row "app get, one application (s)" "$(printf %.4f "$a")" "$(printf %.4f "$b")" "$(ratio "$a" "$b")" "kubectl get; goal at most 1.3"

kubectl create namespace peer >/dev/null
kubectl create namespace floor >/dev/null
first=$(once "$tiphys" app sync big)
again=$(once "$tiphys" app sync big)
peer_first=$(once kubectl apply --server-side -n peer -f "$work/big/app")
peer_again=$(once kubectl apply --server-side -n peer -f "$work/big/app")
floor_first=$("$cluster" floor --kubeconfig "$KUBECONFIG" --namespace floor --parallel 32 "$work/big/app")
floor_again=$("$cluster" floor --kubeconfig "$KUBECONFIG" --namespace floor --parallel 32 "$work/big/app")
row "first sync of 1,000 objects (s)" "$first" "$peer_first" "$(ratio "$peer_first" "$first")x" "kubectl apply --server-side; goal 12x faster"
row "first sync of 1,000 objects (s)" "$first" "$floor_first" "$(ratio "$first" "$floor_first")" "the bare PATCHes; goal at most 3"
row "no-op sync of 1,000 objects (s)" "$again" "$peer_again" "$(ratio "$peer_again" "$again")x" "kubectl apply --server-side"
row "no-op sync of 1,000 objects (s)" "$again" "$floor_again" "$(ratio "$again" "$floor_again")" "the bare PATCHes; goal below 1"
size=$(stat -c %s "$tiphys")
row "release binary (MB)" "$(ratio "$size" 1000000)" "-" "-" "goal at most 25"
row "peak memory, no-op sync of 1,000 objects (MB)" "$(peak_mb "$tiphys" app sync big)" "$(peak_mb kubectl apply --server-side -n peer -f "$work/big/app")" "-" "kubectl"
