PORT ?= 8000
PYTHON ?= python3
VENV ?= .venv

.PHONY: setup run check generate migration test test-slow test-planted tools lock
.DEFAULT_GOAL := run

setup: $(VENV)/installed

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "guidance-api needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@echo "Installing into $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: setup
	@$(VENV)/bin/guidance demo --port $(PORT)

# The inner loop: what needs no server and no database.
check: setup
	@$(VENV)/bin/ruff check --quiet
	@$(VENV)/bin/ruff format --quiet --check
	@$(VENV)/bin/lint-imports --no-logo
	@$(VENV)/bin/mypy --no-error-summary
	@$(VENV)/bin/pytest -m unit --numprocesses auto

# The code is formatted, then what follows from it is written: the SDL, the table of settings, the SQL
# in the docs.
generate: setup
	@$(VENV)/bin/ruff format --quiet
	@$(VENV)/bin/python -m tests.architecture.generated

# The migration from the newest one to what the tables declare, to be read before it is committed.
migration: setup
	@test -n "$(SAYS)" || { echo 'It needs its sentence: make migration SAYS="Conversations can be pinned."'; exit 2; }
	@$(VENV)/bin/python -m migrations.draft "$(SAYS)"
	@$(VENV)/bin/ruff format --quiet migrations
	@$(VENV)/bin/ruff check --quiet --fix migrations

test: setup
	@$(VENV)/bin/pytest

test-slow: setup
	@$(VENV)/bin/pytest -m slow

test-planted: setup
	@$(VENV)/bin/pytest -m planted

tools:
	@tests/tools.sh

# The image has the versions that the tests ran on, of what it needs.
COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock:
	$(COMPILE) pyproject.toml --group dev --output-file requirements.lock
	$(COMPILE) pyproject.toml --constraint requirements.lock --output-file deploy/production.lock
	$(COMPILE) --group build --constraint requirements.lock --output-file deploy/build.lock
