PYTHON ?= python3
LOCAL := infra/local
# What the benchmarks run beside the functions.
BARE := bare_hash bare_hello bare_queries bare_secrets

.DEFAULT_GOAL := help
.PHONY: help dev test hostile conformance screenshots bench cost figures manage import psql reset env build package preflight deploy journey sam template lint sqlx routes

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

dev: ## Run the API on http://localhost:8000 until Ctrl-C; PORT=… and DATABASE_URL=… change where
	@$(PYTHON) $(LOCAL)/dev.py

test: ## Run the tests
	@$(PYTHON) $(LOCAL)/tools.py >/dev/null
	cargo test

hostile: ## Send hostile requests for long: MINUTES=30; SEED=… repeats a run
	HOSTILE_MINUTES=$${MINUTES:-30} $(if $(SEED),HOSTILE_SEED=$(SEED)) cargo test --test api hostile_requests -- --nocapture

conformance: ## Test the API for long against what its description says: EXAMPLES=1000 of every operation
	CONFORMANCE_EXAMPLES=$${EXAMPLES:-1000} cargo test --test api conformance -- --nocapture

screenshots: ## Make the pictures of the README anew
	SCREENSHOTS=docs/images cargo test --test api pages::

# The executables are built by themselves: `cargo bench` would give them the features that tests switch on.
bench: ## Measure release executables beside their limits; ONLY="start size" and FUNCTIONS="login" take less
	@$(PYTHON) $(LOCAL)/tools.py >/dev/null
	cargo build --release --locked --features bare $(if $(FUNCTIONS),$(patsubst %,--bin=%,$(FUNCTIONS) $(BARE)),--bins)
	@FUNCTIONS="$(FUNCTIONS)" ONLY="$(ONLY)" cargo bench --profile dev --locked --bench performance

cost: ## Say what Lambda charges for a million requests, by benches/results.json
	@$(PYTHON) $(LOCAL)/cost.py

figures: ## Bring benches/results.json and the tables of docs/ up to date with the last `make bench`
	@$(PYTHON) $(LOCAL)/figures.py

manage: ## Invoke the operations function: COMMAND='{"command":"status"}'
	@$(PYTHON) $(LOCAL)/manage.py "$$COMMAND"

import: ## Import a catalogue: CSV=<path or s3://bucket/key>
	@$(PYTHON) $(LOCAL)/manage.py --import "$$CSV"

psql: ## Open psql on the local database
	@$(PYTHON) $(LOCAL)/psql.py

reset: ## Delete the local database
	@$(PYTHON) $(LOCAL)/reset.py

env: ## Write .env for `docker compose up --build`, with random passwords and keys
	@$(PYTHON) $(LOCAL)/env.py

build: ## Build what Lambda runs, target/lambda/<function>/bootstrap; ARCH=x86_64 instead of arm64
	@$(PYTHON) $(LOCAL)/release.py

package: ## Build what is deployed into .aws-sam/build and check its size; ARCH=x86_64 and FUNCTION="Login …" say less
	@$(PYTHON) $(LOCAL)/package.py

preflight: ## Ask the AWS account for what would make a deployment fail late: ENV=dev or ENV=prod
	@$(PYTHON) $(LOCAL)/preflight.py

deploy: ## Deploy what was packaged with the AWS credentials of the environment: ENV=dev or ENV=prod
	@$(PYTHON) $(LOCAL)/deploy.py $(ARGUMENTS)

journey: ## Use an API as its clients do and check the answers: URL=http://localhost:8000; docs/run/journey.md
	@$(PYTHON) $(LOCAL)/journey.py

sam: ## Run the API in Docker beside a running `make dev`, by sam local start-api; PORT=3000
	@$(PYTHON) $(LOCAL)/start_api.py $(ARGUMENTS)

template: ## Check the templates, workflows and compose.yaml, as far as that goes without AWS
	@$(PYTHON) $(LOCAL)/template.py

lint: ## Check formatting, lints, offline queries, licences and what the documentation names
	cargo fmt --check
	cargo clippy --all-targets --all-features --locked -- -D warnings
	$(PYTHON) $(LOCAL)/queries.py --check
	$(PYTHON) $(LOCAL)/licences.py
	$(PYTHON) $(LOCAL)/documents.py
	$(PYTHON) $(LOCAL)/figures.py --check
	$(PYTHON) -m compileall -q infra

sqlx: ## Bring the offline data of the queries up to date
	@$(PYTHON) $(LOCAL)/queries.py --write

routes: ## Bring the routes of `make dev` up to date with template.yaml: CargoLambda.toml
	WRITE_ROUTES=1 cargo test --test api watch_router
