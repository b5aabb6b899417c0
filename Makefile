# `make` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Tests and the demo start hundreds of Python processes. With this variable set, each would compile all
# modules that it imports.
unexport PYTHONDONTWRITEBYTECODE
# Snowflake's connector would ask the cloud's metadata address for the platform: 0.2 s a connection.
export SNOWFLAKE_DISABLE_PLATFORM_DETECTION := true

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PYTHON ?= python3
OUT ?= demo-out
ROLES := local operator pipeline dbt
# Tests spend about half of their time waiting, so there are two workers for each core of CI.
WORKERS := -n 4
# Argo's linter is part of `make lint`; its program takes minutes to build on a new machine.
TESTS := $(WORKERS) --ignore=tests/integration/argo

##@ Run the demo
.PHONY: demo
demo: $(VENV)/.local ## Run the whole pipeline on real market data; results in demo-out/
	$(BIN)/stockfeed demo --out $(OUT) $(DEMO_ARGS)

##@ Run on a kind cluster
# Without helm and kubectl on the PATH, those of the development environment are used.
CLUSTER_TOOLS := $(if $(and $(shell command -v helm),$(shell command -v kubectl)),,$(VENV)/.dev)

.PHONY: kind-up
kind-up: $(CLUSTER_TOOLS) ## Create or update a kind cluster with StockFeed, its platform and a sample feed
	charts/kind/up.sh $(STEPS)

.PHONY: kind-status
kind-status: $(CLUSTER_TOOLS) ## Show what runs, what is not ready, and the latest rows of gold
	charts/kind/status.sh

.PHONY: ui
ui: $(CLUSTER_TOOLS) ## Forward Argo's UI, Grafana and MinIO's console to this machine, until Ctrl-C
	charts/kind/ui.sh

.PHONY: kind-logs
kind-logs: $(CLUSTER_TOOLS) ## Collect the cluster's logs in build/kind-logs/
	charts/kind/logs.sh

.PHONY: kind-down
kind-down: ## Delete the kind cluster and all its data
	charts/kind/down.sh

##@ Develop
.PHONY: test
test: $(VENV)/.dev ## Run the unit and integration tests
	$(BIN)/python -m pytest $(TESTS) $(TEST_ARGS)

.PHONY: test-durations
test-durations: $(VENV)/.dev ## Run them and record each file's duration; the longest files start first
	$(BIN)/python -m pytest $(TESTS) --record-durations $(TEST_ARGS)

.PHONY: test-unit
test-unit: $(VENV)/.dev ## Run the unit tests only
	$(BIN)/python -m pytest $(WORKERS) tests/unit $(TEST_ARGS)

.PHONY: test-tape
test-tape: $(VENV)/.dev ## Run the demo's kill test on the full tape; `make test` replays a sixth of it
	$(BIN)/python -m pytest --whole-tape tests/integration/test_demo.py -k tape $(TEST_ARGS)

.PHONY: images
images: ## Build the container images with docker, podman or buildah; IMAGES="dbt local" selects
	images/build.sh $(IMAGES)

.PHONY: test-images
test-images: $(VENV)/.dev ## Build the images on a Debian base and test them; needs root on Linux
	$(BIN)/python -m pytest tests/images $(TEST_ARGS)
	$(BIN)/python -m pytest --images tests/integration/test_workflows.py $(TEST_ARGS)

.PHONY: lint
lint: $(VENV)/.dev ## Run ruff, mypy, import-linter, yamllint, helm lint and Argo's lint; check generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict .
	$(BIN)/python charts/generate.py --check
	$(BIN)/python docs/generate.py --check
	$$($(BIN)/python charts/kind/wheel_tools.py helm) lint --strict charts/stockfeed-operator charts/stockfeed-platform
	if command -v gofmt > /dev/null; then test -z "$$(gofmt -l tests/support)"; fi
	$(BIN)/python -m pytest -q tests/integration/argo

.PHONY: format
format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(VENV)/.dev ## Measure consumer, loader and build
	$(BIN)/python -m pytest tests/bench -m bench -s

.PHONY: charts
charts: $(VENV)/.dev ## Generate parts of the charts: the CRD, dashboards, READMEs
	$(BIN)/python charts/generate.py

.PHONY: contact-sheet
contact-sheet: $(VENV)/.dev ## Draw all dashboards with test data in build/contact-sheet.html
	CONTACT_SHEET=build/contact-sheet.html $(BIN)/python -m pytest tests/integration/test_dashboards.py

.PHONY: docs
docs: $(VENV)/.dev ## Generate parts of docs/: metrics, cost, Snowflake's statements
	$(BIN)/python docs/generate.py metrics cost snowflake

##@ Test on a real cluster, without Docker
CLUSTER := PYTHONPATH=tests:charts $(BIN)/python -m support.cluster

.PHONY: cluster-up
cluster-up: $(VENV)/.dev ## Start a real single-node Kubernetes (root); the first run builds it
	$(CLUSTER) up

.PHONY: cluster-down
cluster-down: $(VENV)/.dev ## Stop it and remove everything except the built tools
	$(CLUSTER) down

.PHONY: cluster-status
cluster-status: $(VENV)/.dev ## Show what runs on it
	$(CLUSTER) status

# Parts of the tests on a cluster, about a quarter of an hour each. `runbooks` is another part.
PARTS ?= core faults scale

.PHONY: e2e
e2e: $(VENV)/.dev ## Test StockFeed on it (PARTS="core faults scale runbooks"), or with E2E_CLUSTER=kind on yours
	$(if $(filter kind,$(E2E_CLUSTER)),,$(CLUSTER).platform.install)
	$(BIN)/python -m pytest $(PARTS:%=tests/cluster/e2e/%) --timeout=900 $(TEST_ARGS)

.PHONY: cluster-figures
cluster-figures: $(VENV)/.dev ## Generate docs/cluster-figures.md from the last runs of `make e2e`
	$(BIN)/python docs/generate.py cluster-figures

##@ Maintain
.PHONY: lock
lock: $(VENV)/.bootstrap ## Generate requirements/*.txt from pyproject.toml; UPGRADE=--upgrade raises versions
	$(call compile,--extra dev pyproject.toml,dev)
	$(call compile,-c requirements/dev.txt requirements/bootstrap.in,bootstrap)
	$(foreach role,$(ROLES),$(call compile,--extra $(role) -c requirements/dev.txt pyproject.toml,$(role));)

.PHONY: clean
clean: ## Remove everything that make created in the tree
	rm -rf $(VENV) $(OUT) .cache build .mypy_cache .pytest_cache .ruff_cache .hypothesis \
	  .import_linter_cache dbt_stocks/target dbt_stocks/logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One environment in the tree, with a stamp file for each set of packages, so that a repeated run is
# instant.
$(VENV)/.bootstrap: requirements/bootstrap.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r $<
	touch $@

$(VENV)/.%: requirements/%.txt pyproject.toml $(VENV)/.bootstrap
	$(UV) pip install -q --python $(BIN)/python --require-hashes -r $<
	$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

define compile
$(UV) pip compile -q $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header $(1) -o requirements/$(2).txt
endef
