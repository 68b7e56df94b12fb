# Every target sets up what it needs: tools are pinned, compiled once and cached outside the work tree.
# PORT and STATE (a folder) choose where `make run` and `make seed` work.

export PORT ?= 8787
export STATE ?= $(CURDIR)/state
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
# The tools' folders go on PATH in each recipe.
TOOLED := source scripts/env.sh;

.DEFAULT_GOAL := help
.PHONY: help run demo build test simulate model conformance check bench pictures seed deploy clean setup

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup:
	@scripts/setup.sh build

build: setup ## the Worker: build/index.js and its wasm
	@scripts/build.sh

run: build ## build, seed an empty STATE folder, serve on PORT, print what to try
	@$(TOOLED) exec node local/run.mjs

demo: ## play a day of trade against the running instance, so that /kpi has something to show (SEED=2 is another day)
	@scripts/setup.sh build
	@$(TOOLED) exec node local/demo.mjs

seed: setup ## write the demonstration catalogue into STATE (while no server uses it)
	cargo run --profile tool --locked --package kv-seed -- demo --state "$(STATE)"
	@rm -f "$(STATE)/seeded-stock"; touch "$(STATE)/seeded-catalog"; echo "the next make run posts the opening stock"

# What is tested again with stock and quotes in objects of their own, as on the network.
APART := quotes quotes-bad-input quote-events holds-crash holds-under-load peers-bugs reshard live crash degraded
test: ## every test: Rust, then what crosses HTTP
	@scripts/setup.sh test
	@scripts/build.sh
	@$(TOOLED) cargo nextest run --workspace --locked --no-tests=pass
	cargo test --workspace --locked --doc --quiet
	@$(TOOLED) CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner \
	  cargo test --locked --package functions --target wasm32-unknown-unknown --test wasm
	@$(TOOLED) node --no-warnings --test "tests/**/*.test.mjs"
	@$(TOOLED) STOCK_AND_QUOTES=apart node --no-warnings --test $(APART:%=tests/contract/%.test.mjs)

SEEDS ?= 100
FROM ?= 10000
simulate: ## SEEDS worlds of bad weather, from seed FROM on
	@scripts/setup.sh test
	SEEDS=$(SEEDS) FROM=$(FROM) cargo test --profile tool --locked --package holdfast --test simulation -- --ignored --nocapture

model: ## every order of events, in houses that take minutes each: about an hour
	@scripts/setup.sh test
	cargo test --profile tool --locked --package holdfast --test model -- --ignored --nocapture

conformance: setup ## what programs that nobody here wrote say of MCP, UCP and the API
	@scripts/conformance.sh
	@scripts/conformance-openapi.sh

check: ## formatting, lints, docs, unused and unlicensed dependencies, wasm size
	@scripts/setup.sh check
	@scripts/check.sh

bench: build ## measure against the peers on this machine; writes bench/RESULTS.md
	@$(TOOLED) node bench/run.mjs

pictures: ## take the pictures of docs/ from the running instance, with Chromium
	@scripts/setup.sh build
	@$(TOOLED) exec node local/pictures.mjs

deploy: setup ## to the network (make deploy ARGS=--dry-run stays here)
	@$(TOOLED) WRANGLER_SEND_METRICS=false wrangler deploy --env production $(ARGS)

clean: ## what was built, not the data in STATE and not the cached tools
	rm -rf build target node_modules
