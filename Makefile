PORT ?= 8000
PYTHON ?= python3

.PHONY: setup run test tools lock
.DEFAULT_GOAL := run

setup: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "guidance-api needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@echo "Installing into .venv (once) ..."
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: setup
	@.venv/bin/guidance demo --port $(PORT)

test: setup
	@.venv/bin/pytest

tools:
	@tests/tools.sh

lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements.lock
