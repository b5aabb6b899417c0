# StockFeed. `make` alone explains itself.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Where it is set, each of the hundreds of Python processes that tests and demo start compiles anew
# all that it imports.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PYTHON ?= python3
OUT ?= demo-out
ROLES := local operator pipeline dbt
# Much of a test's time is waiting, so there are more workers than the two cores of a CI machine.
# A file stays on one worker, which starts the services that it needs once.
WORKERS := -n 3 --dist loadfile --no-loadscope-reorder

##@ Use
.PHONY: demo
demo: $(VENV)/.local ## Run the whole pipeline on real market data; results in demo-out/
	$(BIN)/stockfeed demo --out $(OUT) $(DEMO_ARGS)

##@ On a cluster in Docker
# The machine's helm and kubectl are used where it has both.
CLUSTER_TOOLS := $(if $(and $(shell command -v helm),$(shell command -v kubectl)),,$(VENV)/.dev)

.PHONY: kind-up
kind-up: $(CLUSTER_TOOLS) ## A kind cluster with everything and a sample feed; run again, it brings that up to date
	charts/kind/up.sh $(STEPS)

.PHONY: kind-status
kind-status: $(CLUSTER_TOOLS) ## What runs there, what is not ready, and how fresh gold is
	charts/kind/status.sh

.PHONY: ui
ui: $(CLUSTER_TOOLS) ## Open Argo's UI, Grafana and MinIO's console on this machine, until Ctrl-C
	charts/kind/ui.sh

.PHONY: kind-logs
kind-logs: $(CLUSTER_TOOLS) ## Collect all logs of the cluster in build/kind-logs/
	charts/kind/logs.sh

.PHONY: kind-down
kind-down: ## Remove the cluster and all data in it
	charts/kind/down.sh

##@ Develop
.PHONY: test
test: $(VENV)/.dev ## All tests: unit, property, integration
	$(BIN)/python -m pytest $(WORKERS) $(TEST_ARGS)

.PHONY: test-unit
test-unit: $(VENV)/.dev ## The unit tests alone, in under a minute
	$(BIN)/python -m pytest $(WORKERS) tests/unit $(TEST_ARGS)

.PHONY: test-tape
test-tape: $(VENV)/.dev ## The demo's test with kills on the whole tape, of which `make test` plays a sixth
	$(BIN)/python -m pytest --whole-tape tests/integration/test_demo.py -k tape $(TEST_ARGS)

.PHONY: images
images: ## Build the container images with docker, podman or buildah; IMAGES="dbt local" builds these
	images/build.sh $(IMAGES)

.PHONY: test-images
test-images: $(VENV)/.dev ## Build the images on a base of our own and test them; needs root on Linux
	$(BIN)/python -m pytest tests/images $(TEST_ARGS)
	$(BIN)/python -m pytest --images tests/integration/test_workflows.py $(TEST_ARGS)

.PHONY: lint
lint: $(VENV)/.dev ## ruff, mypy --strict, import-linter, yamllint, helm lint, Argo's lint
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
bench: $(VENV)/.dev ## Measure consumer, loader and build; prints ratios
	$(BIN)/python -m pytest tests/bench -m bench -s

.PHONY: charts
charts: $(VENV)/.dev ## Write the generated parts of the charts: the CRD, dashboards, READMEs
	$(BIN)/python charts/generate.py

.PHONY: contact-sheet
contact-sheet: $(VENV)/.dev ## Draw every dashboard's data in build/contact-sheet.html
	CONTACT_SHEET=build/contact-sheet.html $(BIN)/python -m pytest tests/integration/test_dashboards.py

.PHONY: docs
docs: $(VENV)/.dev ## Write the generated parts of docs/: metrics, cost, Snowflake's statements
	$(BIN)/python docs/generate.py metrics cost snowflake

CLUSTER := PYTHONPATH=tests:charts $(BIN)/python -m support.cluster

.PHONY: cluster-up
cluster-up: $(VENV)/.dev ## A real single-node Kubernetes from packages (root); first builds its tools, once
	$(CLUSTER) up

.PHONY: cluster-down
cluster-down: $(VENV)/.dev ## End that cluster and remove all that it made but the built tools
	$(CLUSTER) down

.PHONY: cluster-status
cluster-status: $(VENV)/.dev ## What of that cluster runs
	$(CLUSTER) status

# Parts of the tests on a cluster, each about a quarter of an hour: core, faults, scale; and runbooks,
# when asked for.
PARTS ?= core faults scale

.PHONY: e2e
e2e: $(VENV)/.dev ## Tests on a real cluster, which is brought up (root); E2E_CLUSTER=kind takes the current one
	$(if $(filter kind,$(E2E_CLUSTER)),,$(CLUSTER).platform.install)
	$(BIN)/python -m pytest $(PARTS:%=tests/cluster/e2e/%) --timeout=900 $(TEST_ARGS)

.PHONY: cluster-figures
cluster-figures: $(VENV)/.dev ## Write docs/cluster-figures.md from the last runs of `make e2e`
	$(BIN)/python docs/generate.py cluster-figures

.PHONY: lock
lock: $(VENV)/.bootstrap ## Write requirements/*.txt from pyproject.toml; UPGRADE=--upgrade takes newer versions
	$(call compile,--extra dev pyproject.toml,dev)
	$(call compile,-c requirements/dev.txt requirements/bootstrap.in,bootstrap)
	$(foreach role,$(ROLES),$(call compile,--extra $(role) -c requirements/dev.txt pyproject.toml,$(role));)

.PHONY: clean
clean: ## Remove everything that make created
	rm -rf $(VENV) $(OUT) .cache build .mypy_cache .pytest_cache .ruff_cache .hypothesis \
	  .import_linter_cache dbt_stocks/target dbt_stocks/logs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One environment in the tree; a stamp per set of packages makes a repeated run instant.
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
