.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= auto
ROUNDS ?= 500
KILLS ?= 40
export UV_NO_CONFIG := 1

ifeq (components,$(firstword $(MAKECMDGOALS)))
NAMES := $(wordlist 2,99,$(MAKECMDGOALS))
$(NAMES): components
	@:
endif

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.venv/run: requirements/run.txt pyproject.toml
	@tools/environment run $(PYTHON)

.venv/dev: requirements/dev.txt requirements/run.txt pyproject.toml
	@tools/environment dev $(PYTHON)

up: .venv/run ## start Fairlead; on a first start, run the bundled example too
	@exec $(BIN)/fairlead up

test: .venv/dev ## run the tests
	$(BIN)/python -m pytest -q -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

crash: .venv/dev ## the long crash suites: ROUNDS kills of the engine, KILLS of the rest
	FAIRLEAD_CRASH_ROUNDS=$(ROUNDS) FAIRLEAD_TEST_KILLS=$(KILLS) $(BIN)/python -m pytest -q \
	    tests/integration/adapters/engine/test_crashes.py \
	    tests/integration/adapters/engine/test_journal.py \
	    tests/integration/adapters/engine/test_disk.py \
	    tests/integration/adapters/temporal/test_crashes.py \
	    tests/integration/adapters/sql/test_crash.py \
	    tests/integration/adapters/processes/test_kills.py \
	    tests/integration/modules/pipelines/test_kills.py \
	    tests/e2e/test_restarts.py \
	    tests/e2e/test_temporal.py

test-temporal: .venv/dev ## run the suites of pipelines and environments on Temporal
	FAIRLEAD_TEST_ENGINE=temporal $(BIN)/python -m pytest -q \
	    tests/integration/modules/pipelines tests/integration/modules/environments

lint: .venv/dev ## formats, rules, types, import contracts, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell src tests docs README.md config
	$(BIN)/mypy src tests benchmarks
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m fairlead.adapters.engine.lint src
	$(BIN)/python -m fairlead.adapters.manifests.generate --check
	$(BIN)/python -m fairlead.adapters.grpc.generate --check

fmt: .venv/dev ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: .venv/dev ## check types
	$(BIN)/mypy src tests benchmarks

generate: .venv/dev ## write the permission constants and the code of the protos anew
	$(BIN)/python -m fairlead.adapters.manifests.generate
	$(BIN)/python -m fairlead.adapters.grpc.generate

lock: .venv/dev ## resolve the requirements anew
	tools/lock $(BIN)

bench: .venv/dev ## measure, beside the bars and peers (make components buildbot temporal)
	$(BIN)/python -m benchmarks

build: .venv/dev ## build the wheel
	$(BIN)/python -m hatchling build -t wheel

components: ## install what the full tests need beside Python, or what is named after it
	tools/components $(NAMES)

clean: ## remove what was built; data stays
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache

.PHONY: help up test test-temporal crash lint fmt types generate lock bench build components clean
