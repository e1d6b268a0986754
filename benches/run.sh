#!/usr/bin/env bash
# Measures tiphys beside kubectl, kustomize and a bare loop of requests, on a throw-away cluster
# of its own, and prints one table. The ratios of one run count; the seconds are this machine's.
# Every figure is the best of its runs: what else the machine does only ever adds to a time.
#
# ROUNDS (3) is how often the large sync is measured, RUNS (15) how often the small commands are.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
rounds=${ROUNDS:-3}
runs=${RUNS:-15}
# Nothing here takes longer than this many seconds, unless it hangs.
limit=300
work=$(mktemp -d "${TMPDIR:-/tmp}/tiphys-bench.XXXXXX")
cluster=$("$root/tests/cluster/build.sh")

finish() {
    trap - EXIT INT TERM
    "$cluster" down --dir "$work/cluster" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '%s\n' "bench: $*" >&2; }
fail() {
    say "$*"
    exit 1
}

target=${CARGO_TARGET_DIR:-$(cd "$root" && cargo metadata --offline --format-version 1 --no-deps |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')}
tiphys=$target/release/tiphys
[ -x "$tiphys" ] || fail "$tiphys is not there: run make bench"
kustomize=$work/kustomize
(cd "$root/tests/oracle/kustomize" &&
    GOFLAGS=-buildvcs=false go build -o "$kustomize" sigs.k8s.io/kustomize/kustomize/v5) >&2 ||
    fail "kustomize cannot be built"

export XDG_CACHE_HOME=$work/cache HOME=$work/home TZ=UTC
mkdir -p "$HOME"
cd "$work"

# quietly COMMAND…: runs it within the time limit; its output is shown when it fails.
quietly() {
    timeout --foreground "$limit" "$@" >"$work/output" 2>&1 || {
        tail -n 20 "$work/output" >&2
        fail "failed: $*"
    }
}

# best NAME COMMAND [RUNS]: the shortest of several runs, in seconds.
best() {
    quietly hyperfine --shell=none --warmup 1 --runs "${3:-$runs}" --export-json "$work/$1.json" "$2"
    sed -n 's/^ *"min": *\([0-9.e-]*\),*/\1/p' "$work/$1.json"
}

# seconds COMMAND…: the seconds of one run.
seconds() {
    local start=$EPOCHREALTIME
    quietly "$@"
    awk -v from="$start" -v to="$EPOCHREALTIME" 'BEGIN { printf "%.3f", to - from }'
}

# peak_mb COMMAND…: the most memory one run holds at a time, in MB.
peak_mb() {
    local peak=0 now pid
    "$@" >/dev/null 2>&1 &
    pid=$!
    for _ in $(seq $((limit * 100))); do
        # Between fork and exec there is no number; the shell may take an ended process away at
        # any moment.
        now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2>/dev/null) || break
        ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null || break
        if [ "${now:-0}" -gt "$peak" ]; then peak=$now; fi
        sleep 0.01
    done
    wait "$pid" || fail "failed: $*"
    awk -v kb="$peak" 'BEGIN { printf "%.1f", kb * 1024 / 1000000 }'
}

least() { sort -g | head -n 1; }
divide() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
short() { printf '%.3f' "$1"; }
row() { printf '%-40s %9s %9s %8s  %s\n' "$@" >>"$work/table"; }

make_objects() { # FOLDER: 800 ConfigMaps, 100 Deployments, 100 Services
    mkdir -p "$1"
    local i
    for i in $(seq 800); do
        printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-%s}\ndata: {a: "%s", b: value}\n' "$i" "$i"
    done >"$1/configmaps.yaml"
    for i in $(seq 100); do
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
    spec:
      containers:
      - {name: web, image: "nginx:1.25", ports: [{containerPort: 80}]}
YAML
    done >"$1/deployments.yaml"
    for i in $(seq 100); do
        printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: web-%s}\nspec: {selector: {app: web-%s}, ports: [{port: 80}]}\n' "$i" "$i"
    done >"$1/services.yaml"
}

make_overlay() { # FOLDER: a base of those objects and an overlay over it
    make_objects "$1/base"
    mkdir -p "$1/overlay"
    printf 'resources: [configmaps.yaml, deployments.yaml, services.yaml]\n' >"$1/base/kustomization.yaml"
    cat >"$1/overlay/kustomization.yaml" <<YAML
resources: [../base]
namespace: shop
namePrefix: shop-
labels:
- pairs: {team: shop}
  includeSelectors: true
images:
- {name: nginx, newTag: "1.27"}
patches:
- target: {kind: Deployment}
  patch: |
    - {op: replace, path: /spec/replicas, value: 2}
YAML
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
YAML
}

make_repository() { # FOLDER: becomes a repository with one commit
    git init -q -b main "$1"
    git -C "$1" add -A
    git -C "$1" -c user.name=bench -c user.email=bench@example.com commit -q -m bench
}

# Until the controllers have nothing left to do for a namespace.
settle() {
    kubectl wait --namespace "$1" deployment --all --for=condition=Available --timeout="${limit}s" >/dev/null
}

measure_start() {
    local ours theirs
    ours=$(best start "$tiphys version --client")
    theirs=$(best start-kubectl "kubectl version --client")
    row "version --client (s)" "$(printf %.4f "$ours")" "$(short "$theirs")" "$(divide "$theirs" "$ours")x" \
        "kubectl; goal: 15x faster"
}

# 100 Applications, each synced once; the objects of them all are in one namespace.
measure_reading() {
    local i ours theirs
    for i in $(seq 100); do
        mkdir -p "$work/small/app-$i"
        printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: small-%s}\n' "$i" >"$work/small/app-$i/a.yaml"
    done
    make_repository "$work/small"
    for i in $(seq 100); do application "small-$i" argocd "$work/small" "app-$i"; done >"$work/small.yaml"
    quietly kubectl create -f "$work/small.yaml"
    for i in $(seq 100); do quietly "$tiphys" app sync "small-$i"; done

    ours=$(best list "$tiphys app list")
    theirs=$(best list-kubectl "kubectl get applications.argoproj.io -n argocd")
    row "app list, 100 Applications (s)" "$(short "$ours")" "$(short "$theirs")" "$(divide "$ours" "$theirs")" \
        "kubectl get; goal: at most 1.3"
    ours=$(best get "$tiphys app get small-1")
    theirs=$(best get-kubectl "kubectl get applications.argoproj.io/small-1 configmap/small-1 -n argocd")
    row "app get, one of them (s)" "$(short "$ours")" "$(short "$theirs")" "$(divide "$ours" "$theirs")" \
        "kubectl get; goal: at most 1.3"
}

# The namespaces are there before: the dry run goes through every object.
measure_large_sync() {
    local round
    make_objects "$work/big/app"
    make_repository "$work/big"
    for round in $(seq "$rounds"); do
        say "large sync, round $round of $rounds"
        kubectl create namespace "ours-$round" >/dev/null
        kubectl create namespace "floor-$round" >/dev/null
        application "big-$round" "ours-$round" "$work/big" app | kubectl create -f - >/dev/null
        if [ $((round % 2)) = 1 ]; then
            sync_floor "floor-$round"
            sync_ours "$round"
        else
            sync_ours "$round"
            sync_floor "floor-$round"
        fi
    done
    say "large apply by kubectl"
    kubectl create namespace peer >/dev/null
    seconds kubectl apply --server-side -n peer -f "$work/big/app" >"$work/peer-first"
    settle peer
    seconds kubectl apply --server-side -n peer -f "$work/big/app" >"$work/peer-again"
}

sync_floor() { # NAMESPACE
    local floor=("$cluster" floor --kubeconfig "$KUBECONFIG" --namespace "$1" --parallel 32 "$work/big/app")
    timeout --foreground "$limit" "${floor[@]}" >>"$work/floor-first"
    settle "$1"
    for _ in 1 2 3; do timeout --foreground "$limit" "${floor[@]}" >>"$work/floor-again"; done
}

sync_ours() { # ROUND
    { seconds "$tiphys" app sync "big-$1" && echo; } >>"$work/ours-first"
    settle "ours-$1"
    for _ in 1 2 3; do { seconds "$tiphys" app sync "big-$1" && echo; } >>"$work/ours-again"; done
}

report_large_sync() {
    local ours floor peer
    ours=$(least <"$work/ours-first") floor=$(least <"$work/floor-first") peer=$(cat "$work/peer-first")
    row "first sync of 1,000 objects (s)" "$ours" "$peer" "$(divide "$peer" "$ours")x" \
        "kubectl apply --server-side; goal: 12x faster"
    row "" "$ours" "$floor" "$(divide "$ours" "$floor")" "the bare PATCHes; goal: at most 3"
    ours=$(least <"$work/ours-again") floor=$(least <"$work/floor-again") peer=$(cat "$work/peer-again")
    row "sync again, nothing to do (s)" "$ours" "$peer" "$(divide "$peer" "$ours")x" \
        "kubectl apply --server-side"
    row "" "$ours" "$floor" "$(divide "$ours" "$floor")" "the bare PATCHes; goal: below 1"
}

measure_kustomize() {
    local ours theirs
    make_overlay "$work/overlays"
    "$tiphys" kustomize build "$work/overlays/overlay" >"$work/ours.yaml"
    "$kustomize" build "$work/overlays/overlay" >"$work/theirs.yaml"
    cmp -s "$work/ours.yaml" "$work/theirs.yaml" || fail "tiphys and kustomize build different objects"
    ours=$(best kustomize "$tiphys kustomize build $work/overlays/overlay")
    theirs=$(best kustomize-peer "$kustomize build $work/overlays/overlay" "$rounds")
    row "kustomize build, 1,000 objects (s)" "$(short "$ours")" "$(short "$theirs")" "$(divide "$theirs" "$ours")x" \
        "kustomize v5.8.2"
}

measure_sizes() {
    local ours theirs
    kubectl create namespace memory >/dev/null
    application memory memory "$work/big" app | kubectl create -f - >/dev/null
    ours=$(peak_mb "$tiphys" app sync memory)
    theirs=$(peak_mb kubectl apply --server-side -n peer -f "$work/big/app")
    row "peak memory, first sync (MB)" "$ours" "$theirs" "$(divide "$ours" "$theirs")" "kubectl apply --server-side"
    row "release binary (MB)" "$(divide "$(stat -c %s "$tiphys")" 1000000)" "-" "-" "goal: at most 25"
}

"$cluster" up --dir "$work/cluster" --nodes 3 --detach >/dev/null
export KUBECONFIG=$work/cluster/admin.kubeconfig
quietly "$tiphys" admin install
row "what" "tiphys" "peer" "ratio" "peer and goal"
measure_start
measure_kustomize
say "100 small applications"
measure_reading
measure_large_sync
report_large_sync
measure_sizes
cat "$work/table"
