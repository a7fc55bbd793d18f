# Needs python3 (3.11 or newer; PYTHON=python3.13 chooses one) and make. The rest goes into .venv, as locked in requirements*.lock.
.DEFAULT_GOAL := help
.PHONY: help serve test check e2e fuzz setup bench soak bless lock container clean leafmap runtime

PORT ?= 8000
TESTS ?=
SPEED := $(if $(CI),,-m "not slow")
ARGS ?=
PYTHON_M := .venv/bin/python -m
INSTALL := apt-get update -qq && apt-get install -qq -y --no-install-recommends

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

serve: runtime ## Serve on 127.0.0.1 with the sample catalogue (PORT=8000)
	@exec .venv/bin/swath serve --host 127.0.0.1 --port $(PORT) --sample

# CI (where CI=true) runs the slow tests too: it has root and the Debian packages that they need.
# Half of the tests wait for sockets, so three processes share two cores; those of faults and of the page
# look at the clock, and go alone.
test: setup ## Run the tests (TESTS=tests/unit, ARGS="-k overview -x")
ifeq ($(strip $(TESTS)$(ARGS)),)
	$(PYTHON_M) pytest $(SPEED) -n 3 --dist loadfile --ignore=tests/faults --ignore=tests/browser
	$(PYTHON_M) pytest $(SPEED) tests/faults tests/browser
else
	$(PYTHON_M) pytest $(SPEED) $(TESTS) $(ARGS)
endif

check: setup ## Lint, format, types and import contracts
	$(PYTHON_M) ruff check
	$(PYTHON_M) ruff format --check
	$(PYTHON_M) mypy
	.venv/bin/lint-imports

e2e: setup leafmap ## Run the tests of the page in a browser; installs Chromium and R (Debian, root), and leafmap
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome || { $(INSTALL) chromium; }; } >/dev/null
	@{ command -v Rscript || { $(INSTALL) r-base-core r-cran-terra; }; } >/dev/null || echo "No R; the test that needs it says so." >&2
	$(PYTHON_M) pytest tests/browser $(ARGS)

leafmap: setup
	@.venv/bin/python scripts/leafmap || echo "Not installed; the test that needs it says so." >&2

fuzz: setup ## Serve what is nearly right, for an hour (ARGS="--calls 1000 --files 1000 --seed 7"; Linux)
	$(PYTHON_M) tests.fuzz $(ARGS)

bench: setup ## Measure beside TiTiler (ARGS="--quick", "peer", "cost --cases a,d", "--profile a")
	$(PYTHON_M) benchmarks $(ARGS)

soak: setup ## Half an hour of honest and faulty traffic: does anything grow? (ARGS="--minutes 120")
	$(PYTHON_M) benchmarks.soak $(ARGS)

bless: setup ## Accept the pictures that tests/golden drew, after you have looked at them
	$(PYTHON_M) pytest tests/golden --bless $(ARGS)

container: setup ## Lint, build and run the container image (needs root, buildah and debootstrap; no engine)
	.venv/bin/python scripts/container_test.py

lock: ## Pin the dependencies anew (needs uv; ARGS=--upgrade takes newer versions)
	@scripts/lock $(ARGS)

setup: ## Only prepare .venv
	@scripts/setup dev

runtime:
	@scripts/setup runtime

clean: ## Remove .venv and every cache
	rm -rf .venv .venv-leafmap .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
