#!/bin/sh
# Records what kustomize makes of every case in tests/cases/kustomize.
#
# A case is a folder with the source tree in `in/`, and perhaps `entry` (the folder below `in/`
# that is built) and `flags` (flags of `kustomize build`). Recorded are `want.yaml` and
# `want.warnings`, or `want.error` when the build fails. Needs Go as go.mod says.
# Arguments: names of cases; all without any.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cases=$(cd "$here/../../cases/kustomize" && pwd)
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
(cd "$here" && GOFLAGS=-buildvcs=false go build -o "$tool/kustomize" sigs.k8s.io/kustomize/kustomize/v5)

cd "$cases"
"$tool/kustomize" version >VERSION
[ $# -gt 0 ] || set -- */
for name in "$@"; do
    case=${name%/}
    rm -f "$case"/want.*
    entry=$(cat "$case/entry" 2>/dev/null || true)
    flags=$(cat "$case/flags" 2>/dev/null || true)
    # shellcheck disable=SC2086 # flags are words
    if (cd "$case/in" && "$tool/kustomize" build $flags "./$entry") \
        >"$tool/out" 2>"$tool/err"; then
        cp "$tool/out" "$case/want.yaml"
        grep '^# Warning' "$tool/err" >"$case/want.warnings" || rm -f "$case/want.warnings"
    else
        # The first line says what it is; the rest may hold whole objects and pointers.
        grep '^Error' "$tool/err" | head -1 | cut -c1-300 | sed "s|$cases/||g; s|0x[0-9a-f]*|0x…|g" >"$case/want.error"
    fi
done
