# make demo: set up, plan and emit for a sample server.   make test: set up and pass the tests.   make witness: the slow witnesses. make browser: the report in a browser.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin

.PHONY: setup demo test browser witness lint clean
setup: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "migrator needs Python 3.11 or newer; $$($(PYTHON) --version) was found; try make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

demo: setup
	$(BIN)/migrator plan samples/web01 -o demo/plan --provider aws
	$(BIN)/migrator emit demo/plan -o demo/deploy || test $$? = 1  # 1: a job waits for a decision, and emit said which
	@echo; echo "report:   demo/plan/report.html"; echo "emitted:  demo/deploy/README.md"

test: setup
	@sh .ci/packages test
	$(BIN)/python -m pytest -n 2 -rs --durations=15

browser: setup
	@sh .ci/packages browser
	$(BIN)/python -m pytest tests/browser -o addopts=-q

witness: setup $(VENV)/.witness
	@sh .ci/packages witness
	@sh .ci/witness-tools
	@sh .ci/witness-image
	$(BIN)/python -m pytest tests/witness -n 2 --dist loadfile -rs --durations=15 -o addopts=-q

$(VENV)/.witness: pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,witness]'
	@touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) .venv-witness-* demo .pytest_cache .mypy_cache .ruff_cache
