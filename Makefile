PYTHON ?= python3
LOCAL := infra/local
# Runs a command with the tools of the lists in infra/tools/ that come before `--`.
RUN := $(PYTHON) $(LOCAL)/tools.py
# Runs a local command, which is Rust. The first run compiles for some ten seconds without a message of Cargo.
XTASK := sh -c '\
    command -v cargo >/dev/null || { echo "error: cargo is missing; install Rust from https://rustup.rs and open a new terminal." >&2; exit 1; }; \
    [ -e "$${CARGO_TARGET_DIR:-target}/xtask/xtask" ] || echo "Compiling xtask/ …" >&2; \
    exec cargo xtask "$$@"' xtask
# For tools that need no AWS account; also disables telemetry.
OFFLINE := env AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 BC_SKIP_MAPPING=TRUE
NESTED = $(shell grep -l AWSTemplateFormatVersion infra/*.yaml)
ARCHITECTURE = $(or $(filter arm64 x86_64,$(or $(ARCH),arm64)),$(error ARCH is "$(ARCH)"; it must be arm64 or x86_64))
# Programs that the benchmarks compare with the functions.
BARE := bare_hash bare_hello bare_queries bare_secrets

.DEFAULT_GOAL := help
.PHONY: help dev test hostile conformance screenshots bench figures manage import adopt psql reset env build package preflight deploy journey sam template lint sqlx routes
.PHONY: template-sam template-cfn-lint template-checkov template-zizmor template-deployments

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

dev: ## Run the API on http://localhost:8000 until Ctrl-C; options: PORT=…, DATABASE_URL=…
	@$(XTASK) dev

# Two more tests at once than processors, because a test often waits for other processes.
test: ## Run the tests
	@$(RUN) tools >/dev/null
	RUST_TEST_THREADS=$${RUST_TEST_THREADS:-$$(($$(getconf _NPROCESSORS_ONLN) + 2))} cargo test --workspace

hostile: ## Send hostile requests to the API: MINUTES=30; SEED=… repeats a run
	HOSTILE_MINUTES=$${MINUTES:-30} $(if $(SEED),HOSTILE_SEED=$(SEED)) cargo test --test api hostile_requests -- --nocapture

conformance: ## Test the API against its OpenAPI description: EXAMPLES=1000 per operation
	CONFORMANCE_EXAMPLES=$${EXAMPLES:-1000} cargo test --test api conformance -- --nocapture

screenshots: ## Update the screenshots of the README
	SCREENSHOTS=docs/images cargo test --test api pages::

# Builds the executables separately, because `cargo bench` would enable the features of the tests.
bench: ## Measure release executables against their limits; ONLY="start size" and FUNCTIONS="login" select some
	@$(RUN) tools >/dev/null
	cargo build --release --locked --features bare $(if $(FUNCTIONS),$(patsubst %,--bin=%,$(FUNCTIONS) $(BARE)),--bins)
	@FUNCTIONS="$(FUNCTIONS)" ONLY="$(ONLY)" cargo bench --profile dev --locked --bench performance

figures: ## Update benches/results.json and the tables of docs/ from the last `make bench`
	WRITE_FIGURES=1 cargo test --test api tables_of_docs

manage: ## Run a command for operators: COMMAND='{"command":"status"}'
	@$(XTASK) manage "$$COMMAND"

import: ## Import a catalogue: CSV=<path or s3://bucket/key>
	@$(XTASK) import "$$CSV"

adopt: ## Take over the database of the original service, whose URL is in SOURCE: REMOVE=1, DRY_RUN=1
	@$(XTASK) adopt

psql: ## Open psql on the local database
	@$(XTASK) psql

reset: ## Delete the local database
	@$(XTASK) reset

# Does not replace a file (-C), which only its owner can read.
env: ## Write .env for `docker compose up --build`, with random passwords and keys
	@[ ! -e .env ] || { echo "error: .env exists and was not changed; delete it to create a new one." >&2; exit 1; }
	@umask 077; set -C; while read -r line; do \
	    case $$line in *=) line=$$line$$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n');; esac; echo "$$line"; \
	done <.env.sample >.env
	@echo "Wrote .env, with new passwords and keys."

# Links with Zig against the glibc of Amazon Linux 2023 or older, on every machine.
build: ## Build the executables for Lambda, target/lambda/<function>/bootstrap; ARCH=x86_64 instead of arm64
	@$(RUN) tools build-tools -- cargo lambda build --locked --release --$(subst _,-,$(ARCHITECTURE))

# SAM builds functions one after another, and reuses the executables of `make build`.
package: $(if $(FUNCTION),,build) ## Build the packages in .aws-sam/build and check their sizes; options: ARCH=x86_64, FUNCTION="Login …"
	@for function in $(or $(FUNCTION),""); do \
	    $(OFFLINE) $(RUN) sam tools build-tools -- \
	        sam build --beta-features $$function --parameter-overrides Architecture=$(ARCHITECTURE) </dev/null && \
	    $(XTASK) sizes .aws-sam/build/*/bootstrap || exit; \
	done

preflight: ## Check the AWS account for problems that would make a deployment fail late: ENV=dev or ENV=prod
	@$(RUN) sam -- python $(LOCAL)/preflight.py

deploy: ## Deploy the packages with the AWS credentials of the environment: ENV=dev or ENV=prod
	@$(RUN) sam -- python $(LOCAL)/deploy.py $(ARGUMENTS)

journey: ## Send a client's requests to an API and check the responses: URL=https://…
	@docs/use/read-journey.sh
	@docs/use/account-journey.sh
	@docs/use/movie-journey.sh

sam: ## Run the API in Docker with sam local start-api, next to a running `make dev`; PORT=3000
	@$(RUN) sam tools build-tools -- python $(LOCAL)/start_api.py $(ARGUMENTS)

template: ## Check the templates, workflows and compose.yaml, without AWS
	@$(MAKE) --keep-going --no-print-directory $(addprefix template-,sam cfn-lint checkov zizmor deployments)

template-sam:
	$(OFFLINE) $(RUN) sam -- sam validate --lint

# Also requires a deletion policy for every resource with data (I3011).
template-cfn-lint:
	$(OFFLINE) $(RUN) sam -- cfn-lint $(NESTED) --include-checks I3011

template-checkov:
	$(OFFLINE) $(RUN) checkov -- checkov --config-file infra/checkov.yaml $(addprefix --file ,template.yaml $(NESTED))

template-zizmor:
	$(OFFLINE) $(RUN) sam -- zizmor --offline --quiet .github

template-deployments:
	$(OFFLINE) $(RUN) sam -- python $(LOCAL)/tests --quiet

# Of rumdl's rules those about links: fragments, references and relative paths.
lint: ## Check formatting, lints, offline queries, licenses and the documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	$(XTASK) queries check
	$(RUN) lint -- cargo-deny --locked check bans licenses sources
	$(RUN) lint -- rumdl check --no-config --quiet --enable MD051,MD052,MD057 .
	cargo test --locked --test api documentation_
	$(PYTHON) -m compileall -q infra

sqlx: ## Update the offline data of the queries
	@$(XTASK) queries write

routes: ## Update the routes of `make dev`, CargoLambda.toml, from template.yaml
	WRITE_ROUTES=1 cargo test --test api watch_router
