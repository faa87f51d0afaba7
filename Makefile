# Every target sets up what it needs, from a fresh clone on.

PYTHON_IN_VENV := .venv/bin/python -P
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench peers lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\): .*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="	" read -r target text; do \
		printf '  make %-8s %s\n' "$$target" "$$text"; done

setup: ## set up .venv for development and training
	@scripts/setup develop

run: ## try quicktype: the playground in a terminal, else one completion
	@scripts/setup run
	@scripts/run

test: ## run the tests; ARGS="-k draft" picks some
	@scripts/setup develop
	$(PYTHON_IN_VENV) -m pytest $(ARGS)

check: ## formatting, lint, types, import borders
	@scripts/setup develop
	$(PYTHON_IN_VENV) -m ruff format --check .
	$(PYTHON_IN_VENV) -m ruff check .
	$(PYTHON_IN_VENV) -m mypy
	.venv/bin/lint-imports

format: ## let ruff format and mend the code
	@scripts/setup develop
	$(PYTHON_IN_VENV) -m ruff check --fix .
	$(PYTHON_IN_VENV) -m ruff format .

bench: ## how fast it is on this machine; ARGS="--json"
	@scripts/setup run
	$(PYTHON_IN_VENV) -m quicktype.cli bench $(ARGS)

peers: ## hold our texts against llama.cpp's and llama2.c's (tests/peers says what that needs)
	@scripts/setup peers
	$(PYTHON_IN_VENV) -m pytest -s -o python_files='prove_*.py' tests/peers $(ARGS)

lock: ## lock the packages anew; ARGS=--upgrade takes the newest
	@scripts/setup develop
	@scripts/lock $(ARGS)

clean: ## remove the virtual environment and all caches
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
