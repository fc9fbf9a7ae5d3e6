# homeground: `make demo` to see it, `make test` to check it. PYTHON=python3.12 picks another interpreter.
.DEFAULT_GOAL := help
.PHONY: help demo test check bench lock sample clean
SHELL := /bin/bash

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install
BENCH ?=
# One process by default: tests of browsers and kills have the machine to themselves. In a hurry, with 3 GB for each:
# make test WORKERS="-n 2 --dist loadfile"
WORKERS ?=
# A Linux that lets us runs the suite without a network; -c keeps the user, so that permissions stay real.
OFFLINE := $(shell if unshare -n true 2>/dev/null; then echo unshare -n; elif unshare -c -n true 2>/dev/null; then echo unshare -c -n; fi)

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "homeground needs Python 3.11 or newer, and there is no $(PYTHON). Install one, or name yours: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "homeground needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

# Everything is checked against a hash: the packages, and the build backend, which is in the lock as well.
.venv/base.stamp: requirements/base.txt pyproject.toml | .venv/bin/python
	@echo "Installing homeground into .venv (about 260 MB to download the first time)"
	@$(PIP) --require-hashes --only-binary :all: -r requirements/base.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/base.stamp
	@echo "Installing the tools for development into .venv"
	@$(PIP) --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

demo: .venv/base.stamp  ## Install, read the sample company, ask four questions
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash sample/demo.sh

check: .venv/dev.stamp  ## Lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: check  ## Everything: lint, types, and all tests, with the network cut where that is possible
	@echo "$(if $(OFFLINE),The network is cut for the tests: $(OFFLINE),The tests run with the network on: this system does not let us cut it)"
	$(OFFLINE) $(BIN)/python -m pytest $(WORKERS)

bench: .venv/dev.stamp  ## Run every script in bench/ and write bench/results.md (BENCH="--quick filings" for less)
	$(BIN)/python bench/run_all.py $(BENCH)

lock:  ## Resolve the dependencies anew into requirements/*.txt
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check -qq install uv==0.13.9
	build/lock/bin/python tools/lock.py

sample:  ## Write the sample company's documents anew
	$(PYTHON) -m venv build/sample
	build/sample/bin/python -m pip --disable-pip-version-check -qq install -r tools/build_sample.requirements.txt
	build/sample/bin/python tools/build_sample.py

clean:  ## Remove .venv, caches and the demo's workspace
	rm -rf .venv build dist .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
