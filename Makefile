# make install | demo | run | test, and for developers: check ROOM=..., lint, coverage, bench, lock, clean.
# PYTHON=... chooses the interpreter (3.11 or newer), PYTEST=... adds options to pytest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules
.SUFFIXES:

PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$each -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; done)
PYTEST ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
LOCKED := $(PIP) install --no-deps --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --custom-compile-command "make lock"
WORKERS ?= 2

# An environment knows where it lies: one that was moved, or whose Python is gone, is made anew.
PLACE := $(shell cat .venv/place 2>/dev/null)
ifneq ($(PLACE),$(CURDIR))
STALE := stale
else ifneq ($(shell $(BIN)/python -c 'print("runs")' 2>/dev/null),runs)
STALE := stale
endif

.PHONY: help install demo run test check lint check-types coverage bench lock install-torch reference browser soak clean stale

help: ## say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' Makefile

install: .venv/installed ## set up .venv, and nothing else

demo: .venv/installed ## run everything with a sample community and a sandbox tracker
	@exec $(BIN)/relay demo

run: .venv/installed ## run everything: database, model, web server, worker
	@exec $(BIN)/relay run

.venv/place: $(STALE)
	@if [ -z "$(PYTHON)" ]; then echo "Feedback Relay needs Python 3.11 or newer with the module venv (Debian: apt-get install" \
		"python3-venv); name another one with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "%s is Python %s; 3.11 or newer is needed." \
		% (sys.executable, sys.version.split()[0]))'
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@printf %s "$(CURDIR)" > $@

.venv/installed: .venv/place .lock/build.txt .lock/serve.txt pyproject.toml
	@echo "Installing Feedback Relay into .venv; this takes a minute the first time."
	@$(LOCKED) -r .lock/build.txt
	@$(LOCKED) -r .lock/serve.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'import app.cli, app.main, app.running.stack, app.running.worker'
	@touch $@

.venv/tested: .venv/installed .lock/test.txt
	@echo "Installing what the tests need."
	@$(LOCKED) -r .lock/test.txt
	@touch $@

test: .venv/tested browser reference lint check-types ## install what the tests need and run everything
	@exec $(BIN)/python -m pytest -n $(WORKERS) $(PYTEST)

check: .venv/tested ## rules, types and tests of one room alone: make check ROOM=themes
	@$(BIN)/python -m tests.check_room "$(ROOM)" $(WORKERS)

lint: .venv/tested ## ruff's rules and format
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

check-types: .venv/tested ## mypy --strict
	@$(BIN)/mypy

# Every process is measured, also those that tests start. It takes half as long again as the tests alone, so it is apart.
coverage: .venv/tested browser ## run every test and say how much of each room they go through
	@rm -rf .coverage && mkdir .coverage
	@$(BIN)/coverage run -m pytest -n $(WORKERS) $(PYTEST)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/python -m tests.coverage_by_room

# Tests of the pages need a browser, and Playwright's driver a library that small systems lack. Root on Debian gets both.
browser: .venv/tested
	@if { command -v chromium || command -v chromium-browser || [ -n "$$RELAY_TEST_CHROMIUM" ]; } >/dev/null \
		&& .venv/lib/python*/site-packages/playwright/driver/node --version >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "Installing Chromium for the tests of the pages."; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			chromium libatomic1; } >/dev/null 2>&1 || \
			echo "Chromium could not be installed: tests of the pages will be skipped."; \
	else echo "No Chromium runs here: tests of the pages will be skipped (Debian: apt-get install chromium libatomic1)."; fi

# The graph that serves is compared with sentence-transformers, where a build of torch without CUDA is to be had.
reference: .venv/tested
	@if [ ! .venv/torch -nt .lock/torch.txt ]; then $(BIN)/python .lock/cpu_torch.py --if-possible && touch .venv/torch; fi

install-torch: .venv/installed ## add a CPU build of torch and sentence-transformers: reference encoder, other models
	@$(BIN)/python .lock/cpu_torch.py

# Dependencies are resolved for every platform and Python >= 3.11 at once. torch itself is not locked: .lock/cpu_torch.py.
lock: .venv/installed ## renew the locked dependencies from pyproject.toml
	@$(PIP) install uv
	@cd .lock && rm -f build.txt serve.txt test.txt torch.txt
	@$(COMPILE) --group build --output-file .lock/build.txt
	@$(COMPILE) pyproject.toml --group model --output-file .lock/serve.txt
	@$(COMPILE) pyproject.toml --group model --extra test --constraint .lock/serve.txt --output-file .lock/test.txt
	@$(COMPILE) pyproject.toml --extra torch --constraint .lock/serve.txt --constraint .lock/build.txt \
		--no-emit-package torch --output-file .lock/torch.txt

bench: .venv/tested ## measure; prints machine, versions, n, median and spread
	@for each in encoder ingest pipeline grouping service; do $(BIN)/python -m tests.benchmarks.bench_$$each || exit 1; done

KILLS ?= 1000

soak: .venv/tested ## kill -9 KILLS parts of a running service, for a night at most; goes on where it ended
	@exec $(BIN)/python -m tests.soak --folder .soak --kills $(KILLS)

clean: ## remove .venv and what tools left behind; data of the service stays
	@rm -rf .venv .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
