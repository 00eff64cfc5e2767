# make demo    the untouched legacy shop under FastAPI, before and after        (SERVE=1 leaves it running)
# make test    lint, types, import layers, then every test, page and example
# make bench   the numbers of the documentation, into benchmarks/results/
# make docs    the documentation, into site/
# make browser the board of jobs in a real browser: needs Debian's chromium
# make lock    requirements/*.txt anew from pyproject.toml
# make clean   remove all that these commands made
#
# Needed: Python 3.11 or newer, pip and make. Another interpreter: make test PYTHON=python3.12

PYTHON ?= python3
VENV   ?= .venv

# Relative names only, so that the checkout may lie on a path with spaces.
RUN   := $(VENV)/bin/python
MADE  := $(VENV)/made-with-$(subst /,-,$(PYTHON))
READY := $(VENV)/ready-for

.DELETE_ON_ERROR:
.PHONY: demo test lint types layers pytest browser bench docs lock clean

demo: $(READY)-demo
	$(RUN) examples/legacy_shop/demo.py

# One after another, and in this order: the cheap answers first, pytest's closing line last.
test: $(READY)-dev
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory types
	@$(MAKE) --no-print-directory layers
	@$(MAKE) --no-print-directory pytest

lint: $(READY)-dev
	@echo "== lint: ruff, deptry"
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m deptry src

types: $(READY)-dev
	@echo "== types: mypy, pyright"
	@$(RUN) -m mypy
	@$(RUN) -m pyright --pythonpath $(RUN)

layers: $(READY)-dev
	@echo "== layers: import-linter"
	@$(VENV)/bin/lint-imports --no-logo

pytest: $(READY)-dev
	@echo "== tests: pytest"
	@$(RUN) -m pytest

browser: $(READY)-dev
	@$(RUN) -m pytest tests_browser

bench: $(READY)-bench
	$(RUN) -m benchmarks.offload
	$(RUN) -m benchmarks.uploads
	$(RUN) -m benchmarks.jobs
	$(RUN) -m benchmarks.scan

docs: $(READY)-docs
	$(RUN) -m mkdocs build --strict

# The other files take their versions from dev.txt, so that one environment can hold them all.
COMPILE = $(VENV)/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --upgrade \
	--generate-hashes --no-emit-index-url --no-header
lock: $(READY)-dev
	$(COMPILE) --group dev -o requirements/dev.txt
	$(COMPILE) --group demo -c requirements/dev.txt -o requirements/demo.txt
	$(COMPILE) --group docs -c requirements/dev.txt -o requirements/docs.txt
	$(COMPILE) --group bench -c requirements/dev.txt -o requirements/bench.txt

clean:
	rm -rf $(VENV) site .cache build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE):
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("fastapi-convert needs Python 3.11 or newer; $(PYTHON) is %d.%d. Name another one: make PYTHON=python3.12" % v[:2])'
	@echo "== making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# A stamp per set of requirements: a second call installs nothing. The build backend is pinned and installed like the
# rest, and finds its program on PATH.
$(READY)-%: requirements/%.txt pyproject.toml $(MADE)
	@echo "== installing requirements/$*.txt and the project"
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$*.txt
	@PATH="$$PWD/$(VENV)/bin:$$PATH" $(RUN) -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@
