# Every target works alone on a fresh machine that has Python 3.11 or newer, git and make.
# `make` prints this list; ARGS="…" is passed on to demo, test and bench.

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench simulate api docs clean

BIN := .venv/bin

help:  ## Print this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup:  ## Make .venv with every dependency, pinned by hash; quick when nothing changed
	@sh scripts/setup.sh

demo: setup  ## See the main job on real traffic; ARGS=--exit ends it, with 0 only if every check held
	@$(BIN)/syncline demo $(ARGS)

test: check  ## Run the checks and all tests; says loudly what was skipped and why
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: setup  ## Lint, format, types, import directions, documentation
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest tests/docs

bench: setup  ## Measure against the bounds the README promises
	@$(BIN)/python -m bench $(ARGS)

simulate: setup  ## Try the seeded simulations and properties at length; ARGS=-x stops at the first failure
	SYNCLINE_TEST_TIMES=50 $(BIN)/python -m pytest tests/simulation tests/unit tests/contracts/sql -n auto $(ARGS)

api: setup  ## Send the admin API very many requests drawn by chance
	SYNCLINE_TEST_API_REQUESTS=300 $(BIN)/python -m pytest tests/security/test_api_by_chance.py $(ARGS)

docs: setup  ## Write docs/reference anew from the code
	$(BIN)/python -m tests.docs.reference

clean:  ## Remove .venv and what tools left behind; data folders stay
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
