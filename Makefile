# The commands of this project: `make demo` shows it, `make test` checks it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo install install-dev bench bench-install growth lint types imports docs packages screenshots test tests torture load

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
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[server,demo,dev,docs]'
	touch $@

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive src

types: install-dev
	$(BIN)/mypy

imports: install-dev
	$(BIN)/lint-imports

# The site of docs/, in build/site/; a warning fails it (with --quiet none would). The variable leaves out an
# advertisement that mkdocs-material prints.
docs: install-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --clean --site-dir build/site

# What is wrong at a glance is said first. The types and the documents are looked at beside the tests, which leave the
# cores alone now and then, as hubs start and wait.
test: lint imports
	$(MAKE) --no-print-directory --jobs=2 tests types docs

# What tests leave behind is kept where one has failed.
tests: install-dev
	place=$$(mktemp -d "$$(sh scripts/quick_place.sh)/hubs.XXXXXX") && \
	TMPDIR=$$place $(BIN)/pytest -n 3 --dist worksteal && { rm -r "$$place" || :; }

# Builds the wheel and the source archive, and tries them in clean environments of these Pythons.
PYTHONS ?= $(BIN)/python
packages: install-dev
	$(BIN)/python scripts/packages.py $(PYTHONS)

# The pictures of the console in docs/images/, of a hub with made data.
screenshots: install-dev
	$(BIN)/python scripts/screenshots.py

# Kills a hub so many times under load, and counts the facts that it kept.
ROUNDS ?= 100
torture: install-dev
	$(BIN)/python scripts/torture.py --rounds $(ROUNDS)

# So many minutes of 200 clients at once.
MINUTES ?= 10
load: install-dev
	$(BIN)/python scripts/load.py --minutes $(MINUTES)

# `make bench-install` puts the hub and what the benchmarks compare it with into .venv-bench/. The hub comes first
# and by constraints.txt; the peers come after, since one of them caps a library that only the demo needs lower.
bench-install: .venv-bench/.installed

.venv-bench/.installed: pyproject.toml constraints.txt benchmarks/requirements.txt
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet -c constraints.txt -e '.[server]'
	.venv-bench/bin/python -m pip install --quiet -r benchmarks/requirements.txt
	touch $@

# Runs all benchmarks in order, into build/bench/report.md; QUICK=1 makes fewer rounds of less.
bench: bench-install
	.venv-bench/bin/python -m benchmarks $(if $(QUICK),--quick)

# Measures how cost grows with objects and evaluations, and draws it into docs/images/.
growth: bench-install
	.venv-bench/bin/python -m benchmarks.growth
