# Everything that a clone can do. A fresh machine needs python3.11, make and git; the rest arrives under .venv and node_modules.
#
#   make demo    the scheduling desk at http://127.0.0.1:8000 (PORT=8080 for another port)
#   make test    every check and every test
#
# `make help` lists the parts.

PYTHON ?= python3.11
PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PACKAGES := packages/client packages/react scheduling/web

# Tools come from the environment that `setup` makes, whatever else is installed; nothing may ask a question.
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PIP_NO_INPUT := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export UV_HTTP_TIMEOUT ?= 180
export npm_config_yes := true
export npm_config_update_notifier := false
# Node keeps what it compiled for the next process: a test run starts a hundred of them.
export NODE_COMPILE_CACHE := $(CURDIR)/.build/compiled
# Machines behind a proxy of their own keep its certificate in the system's store; pip reads its own configuration.
export NODE_USE_SYSTEM_CA := 1
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS := true
endif
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE NODE_OPTIONS

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup build demo test check bench bench-quick torture cluster pictures types lock format clean
.PHONY: check-python check-ruff check-mypy check-layers check-lengths check-typescript check-biome check-tsc test-python test-typescript test-browser

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-24s %s\n", $$1, $$2 }'

# ---- set-up -------------------------------------------------------------------------------------------------------

setup: $(STAMPS)/node ## make the Python environment and the Node packages; instant when nothing changed

$(STAMPS)/uv: requirements/uv.txt .ci/venv
	@.ci/venv $(PYTHON) $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/uv.txt
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/python: $(STAMPS)/uv requirements/dev.txt pyproject.toml scheduling/pyproject.toml .ci/node_commands.py
	@echo "Python packages: requirements/dev.txt"
	@uv pip sync --quiet --compile-bytecode --require-hashes requirements/dev.txt
	@uv pip install --quiet --no-deps --no-build-isolation --reinstall-package tidings --reinstall-package scheduling --editable . --editable scheduling
	@python .ci/node_commands.py $(BIN)
	@touch $@

$(STAMPS)/node: $(STAMPS)/python package-lock.json package.json $(PACKAGES:=/package.json) .npmrc
	@echo "Node packages: package-lock.json"
	@npm ci --loglevel=error
	@touch $@

$(STAMPS)/chromium: $(STAMPS)/node .ci/chromium
	@.ci/chromium > $@.new && mv $@.new $@

# ---- the demo -----------------------------------------------------------------------------------------------------

sources = $(shell find $(1) -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/test-results/*')
CLIENT := packages/client/dist/index.js
REACT := packages/react/dist/index.js
DASHBOARD := scheduling/web/dist/index.html

build: $(CLIENT) $(REACT) $(DASHBOARD) ## build the client, the React package and the dashboard

$(CLIENT): $(STAMPS)/node $(call sources,packages/client) tsconfig.base.json
	@echo "Building the client"
	@npm run --silent build --workspace packages/client && touch $@

$(REACT): $(STAMPS)/node $(CLIENT) $(call sources,packages/react) tsconfig.base.json
	@echo "Building the React package"
	@npm run --silent build --workspace packages/react && touch $@

$(DASHBOARD): $(STAMPS)/node $(CLIENT) $(REACT) $(call sources,scheduling/web) tsconfig.base.json
	@echo "Building the dashboard"
	@npm run --silent build --workspace scheduling/web && touch $@

demo: build ## set up, build, fill the database and serve the desk in the foreground
	@exec scheduling demo --port $(PORT)

# ---- checks and tests ---------------------------------------------------------------------------------------------

test: setup ## every check and every test; ends with a summary
	@python .ci/summary.py check test-python test-typescript test-browser

check: $(STAMPS)/node ## ruff, mypy, layers, Biome, tsc, lengths
	@$(MAKE) --no-print-directory --keep-going --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync) check-python check-typescript check-lengths

check-python: check-ruff check-mypy check-layers
check-typescript: check-biome check-tsc

check-ruff: $(STAMPS)/python
	ruff check --quiet
	ruff format --check --quiet

check-mypy: $(STAMPS)/python
	mypy

check-layers: $(STAMPS)/node
	lint-imports --no-logo
	node scheduling/web/layers.ts

check-lengths: $(STAMPS)/node
	python .ci/lengths.py
	node .ci/lengths.ts

check-biome: $(STAMPS)/node
	biome ci --colors=off

check-tsc: $(STAMPS)/node
	npm run --silent typecheck --workspaces

# Files as they stand, not by their number of tests: a file of few tests that take long would come last, on one process.
test-python: $(STAMPS)/node ## pytest: tidings and the scheduling server
	python -m pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder

test-typescript: $(STAMPS)/node ## Vitest: the client, the React package and the dashboard
	npm run --silent test

test-browser: $(STAMPS)/chromium build ## Playwright: the dashboard in Chromium, against a real server
	CHROMIUM="$$(cat $(STAMPS)/chromium)" npm run --silent test:browser --workspace scheduling/web

bench: setup ## measure against peers, within the hour; writes bench/RESULTS.md
	@python -m bench

bench-quick: setup ## two minutes of it, against ws and the guide: prints the ratios
	@python -m bench --quick

torture: setup ## the fault runs in their long form; writes torture/RESULTS.md and docs/guarantees.md (RUN=NAME for one)
	@python -m torture $(RUN)

cluster: setup ## Valkey, Postgres and 2×2 workers on this machine, under load and the history checker (KEEP=1 to go on)
	@python -m torture.cluster $(if $(KEEP),--keep)

# ---- upkeep -------------------------------------------------------------------------------------------------------

pictures: $(STAMPS)/chromium build ## draw the README's pictures of the desk
	CHROMIUM="$$(cat $(STAMPS)/chromium)" node scheduling/web/pictures.ts

types: $(STAMPS)/python ## write the TypeScript types of the declared events
	tidings types scheduling.server.notify.live -o scheduling/web/src/live.gen.ts
	python -m scheduling.server.web.codes > scheduling/web/src/codes.gen.ts

format: setup ## sort imports and format, Python and TypeScript
	ruff check --fix --quiet
	ruff format --quiet
	biome check --write

COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url $(UPGRADE)

lock: ## resolve again: names, versions and hashes only (UPGRADE=--upgrade for newer versions)
	@test -x $(BIN)/uv || $(MAKE) $(STAMPS)/uv
	$(COMPILE) --all-extras --group pyproject.toml:dev --no-emit-package tidings --no-emit-package scheduling pyproject.toml scheduling/pyproject.toml --output-file requirements/dev.txt
	echo uv | $(COMPILE) --constraint requirements/dev.txt - --output-file requirements/uv.txt
	npm install --package-lock-only
	for peer in bench/peers/requirements/*.in; do $(COMPILE) $$peer --output-file $${peer%.in}.txt || exit 1; done
	for peer in bench/peers/node/*/; do npm install --package-lock-only --prefix $$peer || exit 1; done

clean: ## remove what was installed and built; the demo's data stays
	rm -rf $(VENV) node_modules $(PACKAGES:=/node_modules) $(PACKAGES:=/dist) .build
