# make demo     play the main job on a throw-away cluster
# make test     run every test, on a throw-away cluster
# make lint     formatting, clippy, docs
# make bench    compare with kubectl and kustomize, print a table
# make install  install the binary, completions and man pages under PREFIX
# make generate rewrite completions and man pages

PREFIX ?= /usr/local
TARGET ?= $(or $(CARGO_TARGET_DIR),target)
CARGO ?= cargo

.PHONY: demo test lint bench install generate oracle

# What `tiphys version` shows besides the number.
demo bench install: export TIPHYS_COMMIT = $(shell git rev-parse --short HEAD 2>/dev/null)

demo:
	@tests/prerequisites.sh build demo
	@$(CARGO) build --release --locked
	@tests/demo.sh

test:
	@tests/prerequisites.sh build test
	@tests/cluster/build.sh >/dev/null
	@$(CARGO) test --locked --lib --tests

lint:
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

bench:
	@tests/prerequisites.sh build bench
	@$(CARGO) build --release --locked
	@benches/run.sh

oracle:
	@tests/oracle/kustomize/record.sh
	@tests/oracle/yaml/record.sh

generate:
	UPDATE=1 $(CARGO) test --locked --test tiphys generated::

install:
	$(CARGO) build --release --locked
	install -Dm755 $(TARGET)/release/tiphys $(DESTDIR)$(PREFIX)/bin/tiphys
	install -Dm644 completions/tiphys.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tiphys
	install -Dm644 completions/_tiphys $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_tiphys
	install -Dm644 completions/tiphys.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/tiphys.fish
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
