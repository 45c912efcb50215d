# The commands of the project; each does the set-up it needs by itself.

BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup run test check bench soak requirements

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv ready: Qt's system libraries, pinned packages, the program
	@packaging/setup.sh

run: setup ## Open the program on a sandbox market; without a display, show it around offscreen
	@packaging/run.sh

test: setup ## Run everything that a change must pass
	@$(BIN)/python -m pytest -n 2 --dist worksteal

check: setup ## Format, lint, types, import contracts, length of modules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python packaging/check_lengths.py

bench: setup ## Run every benchmark
	@set -e; for file in $$(grep -l __main__ benchmarks/*.py); do $(BIN)/python -m benchmarks.$$(basename $$file .py); done

soak: setup ## Run the long tests
	@HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -m soak

requirements: setup ## Compile the pinned, hashed requirement files again (UPGRADE=--upgrade takes newer versions)
	@packaging/requirements.sh $(UPGRADE)
