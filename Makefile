# The commands of this project: `make demo` shows it, `make test` checks it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo install install-dev lint types imports test

demo: install
	$(BIN)/python scripts/demo.py

install: $(STAMP)

# `make install` puts what running needs into .venv/, `make install-dev` what testing needs too.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[server,demo]'
	touch $@

install-dev: $(STAMP)-dev

$(STAMP)-dev: $(STAMP)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[server,demo,dev]'
	touch $@

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev
	$(BIN)/mypy

imports: install-dev
	$(BIN)/lint-imports

test: lint types imports
	$(BIN)/pytest -n 2
