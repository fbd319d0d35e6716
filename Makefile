# Only Python >= 3.11 and git are needed to begin with; tools/bootstrap.py fetches the rest.
PYTHON ?= python3
BIN := .venv/bin
BOOTSTRAP := $(PYTHON) tools/bootstrap.py
# The whole suite by as many processes as there are cores, four at most, each with a database of its
# own; a file stays in one. Some tests alone are sooner done without.
SIDE_BY_SIDE := $(if $(ARGS),,-n logical --maxprocesses 4 --dist loadfile)

.DEFAULT_GOAL := help
.PHONY: help demo test check bench drill truth-check fmt

help:
	@echo "make demo            start a working district; Ctrl-C stops it (CHECK=1: self-check and exit;"
	@echo "                     LIFE=0: without the ninety simulated days)"
	@echo "make test            all tests, browser included (ARGS='tests/cases -q' for some)"
	@echo "make check           the gates: style, types, imports, sizes, migrations, leaks"
	@echo "make bench           measure the speed (BASELINE=file: ratio to an earlier run)"
	@echo "make drill           break one thing after another under load: nothing lost, nothing twice"
	@echo "make truth-check     one seed, two simulated runs: their truth must be equal to the byte"
	@echo "make fmt             format Python and templates"

demo:
	@$(BOOTSTRAP) --assets
	@exec $(BIN)/chengguan demo $(if $(CHECK),--check) $(if $(filter 0,$(LIFE)),--no-life)

test:
	@$(BOOTSTRAP) --dev --assets --chromium
	@$(BIN)/pytest $(SIDE_BY_SIDE) $(ARGS)

check:
	@$(BOOTSTRAP) --dev --assets
	@$(BIN)/python tools/gates.py $(GATES)

bench:
	@$(BOOTSTRAP) --dev --assets
	@$(BIN)/python -m bench $(if $(BASELINE),--baseline $(BASELINE)) $(ARGS)

drill:
	@$(BOOTSTRAP) --dev --assets
	@$(BIN)/python -m drill $(ARGS)

truth-check:
	@$(BOOTSTRAP) --dev
	@$(BIN)/pytest tests/simulation/test_truth.py -q $(ARGS)

fmt:
	@$(BOOTSTRAP) --dev
	@$(BIN)/ruff check -q --fix src tests tools; $(BIN)/ruff format -q src tests tools
	@find src -path '*/templates/*' -name '*.html' -print0 | xargs -0 -r $(BIN)/djade --target-version 5.2
