# Two commands do everything: `make run` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
APT_PACKAGES := chromium fonts-noto-cjk
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test setup system lint check bench clean

run: setup-run
	$(BIN)/geoplan serve

test: setup lint check
	$(BIN)/pytest -n 2 --dist loadfile

setup: system .venv/dev

setup-run: .venv/run

# The browser, its Chinese fonts: what the browser tests need from the system.
system:
	@missing=""; for name in $(APT_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$name 2>/dev/null | grep -q "install ok installed" || missing="$$missing $$name"; \
	done; \
	if [ -n "$$missing" ]; then $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; fi

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip

.venv/run: .venv/bin/python pyproject.toml constraints.txt webmap/static/vendor/.built
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[map]"
	touch $@

.venv/dev: .venv/bin/python pyproject.toml constraints.txt webmap/static/vendor/.built
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[map,dev]"
	touch $@ .venv/run

webmap/static/vendor/.built: webmap/package-lock.json webmap/vendor.py
	cd webmap && npm ci --ignore-scripts --no-audit --no-fund --silent
	$(PYTHON) webmap/vendor.py
	touch $@

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The gate of the embedded plan: it speaks about data, not about code.
check: setup
	$(BIN)/geoplan check --plan . --lang en
	$(BIN)/geoplan derive --plan . --check

bench: .venv-bench/ready
	for one in benchmarks/bench_*.py; do .venv-bench/bin/python -m benchmarks.$$(basename $$one .py) || exit 1; done

.venv-bench/ready: pyproject.toml constraints.txt webmap/static/vendor/.built
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --constraint constraints.txt --editable ".[map,bench]"
	touch $@

clean:
	rm -rf .venv .venv-bench webmap/node_modules webmap/static/vendor dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
