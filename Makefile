# make demo | test | run | check-slow | bench | comments | answers | prefect-schema | lock
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --no-deps --require-hashes

.PHONY: demo test run check-slow bench lock format comments answers prefect-schema clean

demo: $(VENV)/.run
	$(BIN)/newsdesk demo

run: $(VENV)/.run
	$(BIN)/newsdesk run

test: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

check-slow: $(VENV)/.test
	$(BIN)/python -m pytest -q -m slow

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What the database says of its own tables and columns is what the documentation says.
comments: $(VENV)/.test
	$(BIN)/python -m tests.datamodel > tasks/store/comments.sql

# The answers in docs/queries.md, from the demo site: read the difference before committing it.
answers: $(VENV)/.test
	NEWSDESK_WRITE_ANSWERS=1 $(BIN)/python -m pytest -q tests/flows/test_queries.py

# What Prefect's migrations make of an empty database: to be written again when the lock brings another Prefect.
prefect-schema: $(VENV)/.test
	$(BIN)/python -m tests.prefect_schema > flows/prefect_schema.sql

# The locks hold every package with its hashes for all platforms; installing needs no resolver, hence --no-deps.
$(VENV)/.run: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.run
	$(INSTALL) -r requirements-test.lock
	touch $@

lock: $(VENV)/.test
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --upgrade --group build pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --extra test --constraint requirements.lock pyproject.toml --output-file requirements-test.lock

clean:
	rm -rf $(VENV) data/demo
