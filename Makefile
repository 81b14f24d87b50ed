export PYTHON
# What is compiled is kept: some forbid it, for containers that run once.
unexport PYTHONDONTWRITEBYTECODE
PORT ?= 8000
VENV ?= .venv

.PHONY: setup run static check generate migration test test-partitioned test-slow test-thorough test-planted tools lock
.DEFAULT_GOAL := run

# What serves is installed first, and is all that `make run` waits for; what tests need, after it.
setup: $(VENV)/installed

# Every version is locked, so pip need not work out what needs what; Python compiles what it imports.
INSTALL = $(VENV)/bin/pip install --disable-pip-version-check --require-hashes --no-deps --no-compile
# install(what,locks): a dot for every other package; what pip has to say, only if it failed.
define install
@printf 'Installing %s into $(VENV) (once) ' '$(1)'
@rm -f $(VENV)/complete
@{ PYTHONUNBUFFERED=1 $(INSTALL) $(2) 2>$(VENV)/pip.log && touch $(VENV)/complete; } | { \
  while read -r word rest; do case $$word in \
    Collecting) dots=$$dots.; [ $${#dots} -lt 2 ] || { printf .; dots=; } ;; \
    Installing) printf ' unpacking' ;; \
  esac; done; echo; }
@test -e $(VENV)/complete || { cat $(VENV)/pip.log >&2; exit 1; }
endef

$(VENV)/serves: deploy/production.lock deploy/build.lock pyproject.toml
	@test -x $(VENV)/bin/pip || { printf 'Making $(VENV), of the quickest Python on the path\n' && \
	python=$${PYTHON:-$$(deploy/quickest-python.sh || echo python3)}; \
	command -v "$$python" >/dev/null || { echo "There is no $$python here; PYTHON=/path/to/python3.11 make run" >&2; exit 1; }; \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "guidance-api needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")' && \
	$$python -m venv $(VENV); }
	$(call install,the server,-r deploy/production.lock -r deploy/build.lock)
	@$(VENV)/bin/pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed: requirements.lock $(VENV)/serves
	$(call install,what tests need,-r requirements.lock)
	@touch $@

run: $(VENV)/serves
	@$(VENV)/bin/guidance demo --port $(PORT) || { status=$$?; \
	case $$status in 126|127) echo 'The clone was moved: rm -r $(VENV), then make run again' >&2 ;; esac; exit $$status; }

# What is said of the code without running it; CI runs this beside the tests.
static: setup
	@$(VENV)/bin/ruff check --quiet
	@$(VENV)/bin/ruff format --quiet --check
	@$(VENV)/bin/lint-imports --no-logo
	@$(VENV)/bin/mypy --no-error-summary

# The inner loop: what needs no server and no database.
check: static
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

# All tests, or those of ONLY, on a database whose tables of people are partitioned.
test-partitioned: setup
	@GUIDANCE_TESTS_PARTITIONS=4 $(VENV)/bin/pytest $(ONLY)

test-slow: setup
	@$(VENV)/bin/pytest -m slow

# The examples of Hypothesis are the same in every run of the suite; these are others, and far more.
test-thorough: setup
	@$(VENV)/bin/pytest -m hypothesis --hypothesis-profile thorough

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
