# make test    check everything: style, types, tests
# make demo    train on real sentences that come in a Python package, and play with the result
# Both make their own .venv with Python 3.11 or newer; nothing else has to be installed.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -c requirements/constraints.txt
NEEDS := pyproject.toml requirements/constraints.txt

.PHONY: test lint demo format constraints results clean

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

demo: .venv/demo
	PATH="$(CURDIR)/$(BIN):$$PATH" bash scripts/demo.sh

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

constraints: .venv/dev
	$(BIN)/python scripts/constraints.py > requirements/constraints.new
	mv requirements/constraints.new requirements/constraints.txt

# docs/results.md from the finished results; a benchmark is run by `swae-text benchmark FILE`.
results: .venv/dev
	{ cat docs/results/README.md; $(BIN)/swae-text benchmark configs/benchmarks/yelp.yaml \
	    configs/benchmarks/snli.yaml configs/benchmarks/yelp-longer.yaml \
	    --results docs/results --plot docs/results --render-only; \
	} > docs/results.new
	mv docs/results.new docs/results.md

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis

# A stamp is newer than what it was installed from, or the installation runs again.
.venv/dev: $(NEEDS) | $(BIN)/python
	$(INSTALL) -e '.[dev]'
	touch .venv/dev .venv/demo

.venv/demo: $(NEEDS) | $(BIN)/python
	$(INSTALL) -e '.[quickstart]'
	touch .venv/demo

$(BIN)/python:
	$(PYTHON) -m venv .venv
