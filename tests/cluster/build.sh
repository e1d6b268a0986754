#!/bin/sh
# Builds the test cluster, unless it is built already, and prints the path of
# the binary: the only thing on standard output. Several may run at once.
#
# The binary is kept under a name that says what it was built from, in
# ${TIPHYS_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tiphys-test}. One that
# has not been asked for in 30 days goes when another is built.
set -eu

say() { printf '%s\n' "test cluster: $*" >&2; }
fail() { say "$*"; exit 1; }

cd "$(dirname "$0")"
[ "$(uname -s)" = Linux ] || fail "it runs on Linux only. Name another disposable cluster in TIPHYS_TEST_KUBECONFIG."

cache=${TIPHYS_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set: name a directory in TIPHYS_TEST_CACHE}/.cache}/tiphys-test}
hash=$(LC_ALL=C; export LC_ALL; sha256sum go.mod go.sum *.go *.yaml | sha256sum | cut -c1-16)
binary=$cache/cluster-$hash

if [ -x "$binary" ]; then
    touch -c "$binary"
    printf '%s\n' "$binary"
    exit 0
fi

command -v go >/dev/null || fail "Go is missing, which builds it. Install Go 1.21 or newer (Debian: apt-get install golang-go);
it fetches the version that go.mod asks for. Or name another disposable cluster in TIPHYS_TEST_KUBECONFIG."
mkdir -p "$cache"

# The lock ends with this shell, however it ends.
exec 9>"$cache/lock"
if ! flock -n 9; then
    say "waiting for another build of it to end"
    flock 9
fi

if [ ! -x "$binary" ]; then
    say "building it, as this state of tests/cluster was not built here before."
    say "That is Kubernetes, etcd and kwok from source: up to 15 minutes the first time, under a minute after small changes."
    started=$(date +%s)
    kubernetes=$(sed -n 's|^\tk8s.io/kubernetes v||p' go.mod)
    trap 'rm -f "$binary.new"' EXIT
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X k8s.io/component-base/version.gitVersion=v$kubernetes" -o "$binary.new" . >&2 9>&- ||
        fail "the build failed; see above"
    mv "$binary.new" "$binary"
    find "$cache" -maxdepth 1 -name 'cluster-*' -mtime +30 -exec rm -f {} +
    say "built in $(($(date +%s) - started)) s: $binary"
fi
printf '%s\n' "$binary"
