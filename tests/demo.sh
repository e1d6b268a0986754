#!/usr/bin/env bash
# Plays the main job of tiphys on a throw-away cluster, printing each command before its output.
#
#   make demo                      a cluster of its own, gone afterwards
#   KEEP=1 make demo               leave the cluster up
#   DEMO_KUBECONFIG=FILE make demo use another cluster, which must hold the ConfigMap
#                                  kube-system/tiphys-disposable
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
tiphys=${TIPHYS:-${CARGO_TARGET_DIR:-$root/target}/release/tiphys}
work=$(mktemp -d "${TMPDIR:-/tmp}/tiphys-demo.XXXXXX")
cluster=
started=

finish() {
    status=$?
    if [ -n "$started" ] && [ -z "${KEEP:-}" ]; then
        "$cluster" down --dir "$work/cluster" >/dev/null 2>&1 || true
    fi
    if [ -z "${KEEP:-}" ] || [ -z "$started" ]; then
        rm -rf "$work"
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

real_home=$HOME
real_cache=${XDG_CACHE_HOME:-$HOME/.cache}
# Nothing of the user's: no kubeconfig, no settings, no cache, no Git identity.
unset KUBECONFIG
export HOME=$work/home XDG_CACHE_HOME=$work/cache TZ=UTC
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=demo GIT_AUTHOR_EMAIL=demo@example.com
export GIT_COMMITTER_NAME=demo GIT_COMMITTER_EMAIL=demo@example.com
mkdir -p "$HOME"

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }

# Prints a command, runs it, and checks its exit code (0 unless EXPECT is set).
run() {
    printf '\n$ %s\n' "$*"
    code=0
    "$@" || code=$?
    if [ "$code" != "${EXPECT:-0}" ]; then
        echo "demo: expected exit code ${EXPECT:-0}, got $code" >&2
        exit 1
    fi
    if [ "$code" != 0 ]; then
        echo "(exit code $code)"
    fi
}
expect() { local wanted=$1; shift; EXPECT=$wanted run "$@"; }

tiphys() { "$tiphys" "$@"; }

start_cluster() {
    cluster=$(HOME=$real_home XDG_CACHE_HOME=$real_cache "$root/tests/cluster/build.sh")
    if [ -n "${DEMO_KUBECONFIG:-}" ]; then
        export KUBECONFIG=$DEMO_KUBECONFIG
        request GET /api/v1/namespaces/kube-system/configmaps/tiphys-disposable || {
            echo "demo: $KUBECONFIG names a cluster without kube-system/tiphys-disposable" >&2
            exit 1
        }
        return
    fi
    started=yes
    say "Starting a throw-away cluster (a real API server with fake nodes)"
    "$cluster" up --dir "$work/cluster" --nodes 3 --detach
    export KUBECONFIG=$work/cluster/admin.kubeconfig
}

write_repository() {
    git init -q -b main "$work/gitops"
    cd "$work/gitops"
    mkdir -p services/user-service/base services/user-service/overlays/production
    cat >services/user-service/base/deployment.yaml <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: user-service
spec:
  replicas: 1
  selector:
    matchLabels:
      app: user-service
  template:
    metadata:
      labels:
        app: user-service
    spec:
      containers:
      - name: app
        image: registry.example.com/user-service:1.2.3
        ports:
        - containerPort: 8080
        envFrom:
        - configMapRef:
            name: user-service
YAML
    cat >services/user-service/base/service.yaml <<'YAML'
apiVersion: v1
kind: Service
metadata:
  name: user-service
spec:
  selector:
    app: user-service
  ports:
  - port: 80
    targetPort: 8080
YAML
    cat >services/user-service/base/config.yaml <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata:
  name: user-service
data:
  LOG_LEVEL: info
YAML
    cat >services/user-service/base/kustomization.yaml <<'YAML'
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- deployment.yaml
- service.yaml
- config.yaml
commonLabels:
  app.kubernetes.io/part-of: ecommerce
YAML
    cat >services/user-service/overlays/production/kustomization.yaml <<'YAML'
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../../base
namespace: production
commonLabels:
  environment: production
patches:
- target:
    kind: Deployment
  patch: |-
    - op: replace
      path: /spec/replicas
      value: 3
YAML
    git add . && git commit -q -m "user-service"
    cat >"$work/application.yaml" <<YAML
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: user-service
  namespace: argocd
  finalizers:
  - resources-finalizer.argocd.argoproj.io
  annotations:
    argocd-image-updater.argoproj.io/image-list: app=registry.example.com/user-service
    argocd-image-updater.argoproj.io/app.update-strategy: semver
spec:
  project: ecommerce
  source:
    repoURL: file://$work/gitops
    path: services/user-service/overlays/production
    targetRevision: main
  destination:
    server: https://kubernetes.default.svc
    namespace: production
  syncPolicy:
    automated:
      prune: true
      selfHeal: true
    syncOptions:
    - CreateNamespace=true
    - PrunePropagationPolicy=foreground
    retry:
      limit: 5
      backoff:
        duration: 5s
        factor: 2
        maxDuration: 3m
YAML
    cd "$work"
}

# Requests that are somebody else's work: kubectl's, Argo CD's.
request() {
    "$cluster" request --kubeconfig "$KUBECONFIG" "$@"
}

play() {
    say "Application and AppProject are Argo CD's own kinds; install them where Argo CD is not"
    run tiphys admin install
    run tiphys proj create ecommerce --description Shop --src '*' \
        --dest https://kubernetes.default.svc,production --allow-cluster-resource /Namespace

    say "Create the application and look at it: everything is missing"
    run tiphys app create -f application.yaml
    run tiphys app get user-service
    expect 1 tiphys app diff user-service

    say "Sync it and wait until it is healthy"
    run tiphys app sync user-service
    run tiphys app wait user-service --timeout 60
    run tiphys app get user-service

    say "A new commit: four replicas"
    sed -i 's/value: 3/value: 4/' gitops/services/user-service/overlays/production/kustomization.yaml
    git -C gitops commit -q -am "four replicas"
    run tiphys app get user-service --refresh
    run tiphys app get user-service --show-diff
    run tiphys app sync user-service
    run tiphys app wait user-service --timeout 60

    say "The ConfigMap is removed from Git: a sync leaves it alone unless told to prune"
    sed -i '/config.yaml/d' gitops/services/user-service/base/kustomization.yaml
    git -C gitops rm -q services/user-service/base/config.yaml
    git -C gitops commit -q -am "no more config"
    expect 1 tiphys app sync user-service
    run tiphys app sync user-service --prune

    say "Somebody scales the Deployment by hand: drift"
    printf '\n$ kubectl scale deployment user-service -n production --replicas 1\n'
    request PATCH /apis/apps/v1/namespaces/production/deployments/user-service \
        '{"spec":{"replicas":1}}'
    expect 1 tiphys app diff user-service
    run tiphys app sync user-service

    say "What was deployed when, and what else is there"
    run tiphys app history user-service
    run tiphys app list
    run tiphys app set user-service --self-heal=false

    say "The first password of an Argo CD installation"
    request POST /api/v1/namespaces/argocd/secrets \
        '{"metadata":{"name":"argocd-initial-admin-secret"},"stringData":{"password":"Kx3-example"}}'
    run tiphys admin initial-password -n argocd

    say "Delete the application and everything it deployed"
    run tiphys app delete user-service --yes
    run tiphys app list
}

start_cluster
write_repository
cd "$work"
play
if [ -n "${KEEP:-}" ] && [ -n "$started" ]; then
    say "The cluster stays up"
    echo "Use it:  export KUBECONFIG=$KUBECONFIG"
    echo "Stop it: $cluster down --dir $work/cluster && rm -rf $work"
fi
