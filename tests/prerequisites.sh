#!/bin/sh
# Checks that the tools of the named targets are there; prints the install command when not.
set -u

missing=
packages=

need() { # COMMAND PACKAGE
    if ! command -v "$1" >/dev/null 2>&1 && ! [ -x "/usr/sbin/$1" ]; then
        missing="$missing $1"
        packages="$packages $2"
    fi
}

for target in "$@"; do
    case $target in
    build)
        need cc build-essential
        need make make
        need pkg-config pkg-config
        if ! pkg-config --exists openssl 2>/dev/null; then
            missing="$missing openssl-headers"
            packages="$packages libssl-dev"
        fi
        if ! command -v cargo >/dev/null 2>&1; then
            echo "missing: cargo (Rust 1.95 or newer). Install it from https://rustup.rs" >&2
            exit 1
        fi
        ;;
    test | demo)
        need git git
        need curl curl
        if ! command -v go >/dev/null 2>&1; then
            echo "missing: go (1.26 or newer). Install it from https://go.dev/doc/install" >&2
            exit 1
        fi
        if [ "$target" = test ]; then
            need sshd openssh-server
            need ssh-keygen openssh-client
            need docker-registry docker-registry
            need zsh zsh
            need fish fish
        fi
        ;;
    bench)
        need kubectl kubernetes-client
        need hyperfine hyperfine
        need git git
        if ! command -v go >/dev/null 2>&1; then
            echo "missing: go (1.26 or newer). Install it from https://go.dev/doc/install" >&2
            exit 1
        fi
        ;;
    esac
done

if [ -n "$missing" ]; then
    echo "missing:$missing" >&2
    echo "On Debian and Ubuntu: apt-get install$packages" >&2
    exit 1
fi
