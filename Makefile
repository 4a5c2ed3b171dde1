# Every target builds the environment it needs in .venv; PYTHON names another interpreter (3.11 or later).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := .demo
STUDY := .study
# else hundreds of processes would each compile kinema and the tests again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo docs test quick lint check-all soak surv-fight study clean

setup: $(VENV)/installed ## environment and kinema

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# torch first, and as constraints.txt says: what is installed after it would else bring the newest build for CUDA
$(VENV)/torch: constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	touch $@

$(VENV)/installed: pyproject.toml $(VENV)/torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	touch $@

$(VENV)/tested: pyproject.toml $(VENV)/torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[test]"
	touch $@ $(VENV)/installed

$(VENV)/documented: pyproject.toml $(VENV)/torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[docs]"
	touch $@ $(VENV)/installed

demo: $(VENV)/installed ## the main job from a bare machine: data, training, evaluation, recognition, report
	PATH="$(CURDIR)/$(BIN):$$PATH" sh benchmarks/demo.sh $(DEMO)

docs: $(VENV)/documented ## the documentation's site, into site/
	$(BIN)/python -m mkdocs build --strict --quiet

test: $(VENV)/tested ## the whole suite, in as many processes as there are processors, but not more than four
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

quick: $(VENV)/tested ## the suite without what is slow
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal -m "not slow"

lint: $(VENV)/tested ## style and types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy

check-all: $(VENV)/tested ## every network by name, against the published figures and their code, every awkward video; writes docs/
	$(BIN)/python benchmarks/networks.py
	$(BIN)/python -m benchmarks.compat
	$(BIN)/python -m benchmarks.exports
	$(BIN)/python benchmarks/videos.py
	$(BIN)/python benchmarks/parity.py

soak: $(VENV)/tested ## 20 kills of a training, 10,000 clips through the loader, 10,000 broken files to a server; docs/soak.md
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.soak_files

surv-fight: $(VENV)/tested ## the table of recipes/surv-fight.md; goes on where it stopped
	$(BIN)/python benchmarks/surv_fight.py

study: $(VENV)/tested ## the findings of the 288-model study on a small grid; at most two hours, goes on where it stopped
	$(BIN)/python benchmarks/study.py $(STUDY)

clean: ## what this file made
	rm -rf $(VENV) $(DEMO) $(STUDY) site
