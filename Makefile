# The few words people type. `make conformance` and `make test` do all the set-up they need.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ROOT   := $(filter 0,$(shell id -u))
# Two for each core: tests with real daemons wait most of the time.
WORKERS := $(shell expr 2 \* $$(nproc))

.DEFAULT_GOAL := help
.PHONY: help conformance test nightly lint types contracts orphans deviants unit real lab debian virtualenvs clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

conformance: $(VENV)/.run ## The whole suite against the built-in reference (no root, no waiting)
	@$(BIN)/bfdspec test --target reference
	@echo "Left out here: real daemons on a real link. As root: make test, or $(BIN)/bfdspec test --target frr"

test: debian virtualenvs lint types contracts orphans deviants conformance unit real lab ## Everything CI runs: lint, types, contracts, all tests, real daemons

nightly: test ## What takes longer: all deviants on all cases, real daemons twice, all pairs, more examples
	@$(BIN)/bfdspec deviants --thorough --html out/reference/kill-matrix.html --json out/reference/kill-matrix.json
	@HYPOTHESIS_PROFILE=nightly $(BIN)/pytest -q tests/wire tests/refimpl_core tests/refimpl_virtual tests/captures
	@$(BIN)/pip install --disable-pip-version-check --quiet --editable '.[fuzz]'
	@$(BIN)/python tests/fuzz/fuzz_captures.py -max_total_time=60
	@for target in refbfd frr bird keepalived aiobfd; do .ci/stable $$target || exit 1; done
	@$(BIN)/bfdspec interop --calm 600 --report out/interop-calm

lint: $(VENV)/.dev ## ruff: rules and format
	@echo "== ruff"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(VENV)/.dev ## mypy, strict where the design says
	@echo "== mypy"
	@$(BIN)/mypy

contracts: $(VENV)/.dev ## import-linter: arrows point one way
	@echo "== import contracts"
	@$(BIN)/lint-imports --no-cache | grep -v '[╔║╚]'; exit $${PIPESTATUS[0]}

orphans: $(VENV)/.run ## Every requirement that can be seen has a case, and every case its requirements
	@echo "== requirements and cases"
	@$(BIN)/bfdspec requirements --check

deviants: $(VENV)/.run ## Every speaker that breaks a rule on purpose is caught (kill matrix beside the report)
	@echo "== deviants"
	@$(BIN)/bfdspec deviants --html out/reference/kill-matrix.html --json out/reference/kill-matrix.json

unit: $(VENV)/.dev ## pytest: all tests of the project itself
	@echo "== unit tests$(if $(ROOT),, (without root: real daemons are left out))"
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadfile

real: $(VENV)/.dev ## The suite against real daemons in network namespaces (root)
ifeq ($(ROOT),0)
	@$(BIN)/bfdspec test --target frr --section 6.8
	@$(BIN)/bfdspec test --target bird --section 6.8.6
else
	@echo "== real daemons: left out without root"
endif

lab: $(VENV)/.dev ## Implementations with each other; two of them in containers; a topology in a virtual machine (root)
ifeq ($(ROOT),0)
	@$(BIN)/bfdspec interop $(foreach node,refbfd frr bird keepalived,--with $(node)) \
	  $(foreach scenario,ipv4 admin-down cut restart,--scenario $(scenario))
	@$(BIN)/bfdspec test --target aiobfd --section 6.8.3
	@$(BIN)/bfdspec lab images frr bird
	@$(BIN)/bfdspec lab run frr-bird --driver podman
	@$(BIN)/bfdspec lab run bond --driver vm
else
	@echo "== laboratories: left out without root"
endif

virtualenvs: $(VENV)/.run ## Virtual environments of daemons from PyPI that the tests need (root)
ifeq ($(ROOT),0)
	@$(BIN)/bfdspec lab virtualenvs
endif

debian: ## Debian packages that the tests need (root)
	@.ci/debian-packages

clean: ## Remove what was made here: the virtualenv, reports, caches
	rm -rf $(VENV) out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/pip:
	@.ci/venv $(PYTHON) $(VENV)

$(VENV)/.run: pyproject.toml | $(VENV)/bin/pip
	@echo "== installing bfdspec into $(VENV)"
	@$(BIN)/pip install --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.run
	@echo "== installing the tools for development into $(VENV)"
	@$(BIN)/pip install --disable-pip-version-check --editable '.[dev]'
	@touch $@

SHELL := /bin/bash
