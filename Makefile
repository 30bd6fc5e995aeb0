# Everything a developer or an operator types. `make` alone lists it.
# Each target prepares what it needs by itself; a prepared checkout is not prepared again.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
export CDK_DISABLE_CLI_TELEMETRY := 1
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

VENV := .venv/bin
# The longest come first (tests/conftest.py), so that no worker is left to finish one alone.
PYTEST := $(VENV)/python -m pytest -q --no-loadscope-reorder
PIP := -m pip install --quiet --disable-pip-version-check

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: install ## Deploy the real stack into a local cloud and watch alerts arrive (KEEP=1 leaves it running, VERBOSE=1 shows all of every alert)
	@$(VENV)/python -m local_cloud demo $(if $(KEEP),--keep) $(if $(VERBOSE),--verbose)

.PHONY: test
test: install ## Run every test, in a random order (no AWS account, no network but the package registries)
	@# For two cores. The others have them while some wait for a schedule to fire, or for the CDK.
	$(PYTEST) -n 4 $(TEST_ARGS)

.PHONY: test-quick
test-quick: install ## Run the tests that need no local cloud, no browser and no hours of virtual time: the inner loop
	$(PYTEST) -n 2 --hypothesis-profile quick -m "not integration and not browser and not played" $(TEST_ARGS)

.PHONY: prove
prove: install ## Play 20,000 trials in which everything goes wrong, and break rules on purpose (PROVE_ARGS="--trials 100000")
	@$(VENV)/python -m proof run $(PROVE_ARGS)

.PHONY: soak
soak: install ## Poll 2,000 times, for a week of virtual time with a trouble an hour (SOAK_ARGS="--polls 20000")
	@$(VENV)/python -m proof soak $(SOAK_ARGS)

.PHONY: mutants
mutants: install ## Change the heart in small ways, one by one: does a test notice? (MUTANTS_ARGS="core/mutes.py" or "--write")
	@$(VENV)/python $(PIP) --require-hashes -r tools/requirements.lock
	@$(VENV)/python -m tools.mutants $(MUTANTS_ARGS)

.PHONY: screenshots
screenshots: install ## Play the demo and take the pictures of docs/images again
	@tools/install-chromium
	$(VENV)/python -m local_cloud.screenshots

.PHONY: check
check: install ## Linters, types, layers
	$(VENV)/ruff check .
	@# Files are opened with an encoding of their own, whatever the locale. The rule is still ruff's preview.
	$(VENV)/ruff check --quiet --preview --select PLW1514 .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports

.PHONY: format
format: install ## Format the code and sort the imports
	$(VENV)/ruff check --fix --quiet . || true
	$(VENV)/ruff format .

.PHONY: synth
synth: install ## Write the CloudFormation template to cdk.out (CONFIG=path, default config/local.toml or config/default.toml)
	npx cdk synth --quiet $(if $(CONFIG),-c config=$(CONFIG))

.PHONY: deploy
deploy: install ## Deploy to the AWS account of your credentials (EMAIL=you@example.com the first time; also CONFIG=, PROFILE=, QUALIFIER=, CDK_ARGS=, REMOVE=)
	@$(VENV)/python -m operator_cli.deploy $(if $(EMAIL),--email '$(EMAIL)') $(if $(CONFIG),--config '$(CONFIG)') \
	  $(if $(PROFILE),--profile '$(PROFILE)') $(if $(QUALIFIER),--qualifier '$(QUALIFIER)') \
	  $(foreach recipient,$(REMOVE),--remove '$(recipient)') -- $(CDK_ARGS)

.PHONY: verify-aws
verify-aws: install ## Prove an AWS account with a throw-away stack (PROFILE=, REGION=, QUALIFIER=, YES=1, KEEP=1; LOCAL=1: on this machine)
	@$(VENV)/python -m verify_aws --json verify-aws.json $(if $(LOCAL),--local) $(if $(PROFILE),--profile '$(PROFILE)') \
	  $(if $(REGION),--region '$(REGION)') $(if $(QUALIFIER),--qualifier '$(QUALIFIER)') $(if $(YES),--yes) $(if $(KEEP),--keep)

.PHONY: lock
lock: install ## Pin again, with hashes, what every requirements.txt brings along
	$(VENV)/python $(PIP) --require-hashes -r tools/requirements.lock
	$(VENV)/python -m tools.lock

.PHONY: clean
clean: ## Remove everything that make and the tools have written here
	rm -rf .venv .venv-ministack node_modules .build .local-cloud cdk.out .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .import_linter_cache verify-aws.json
	find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: install
install: .venv/.installed .venv-ministack/.installed node_modules/.installed ## Install what the other targets need, into this checkout

.venv/.installed: requirements.lock pyproject.toml
	@python=$$(tools/find-python) || exit 1; \
	echo "Installing the Python packages into .venv (once, a minute or two) …"; \
	"$$python" -m venv --clear .venv && $(VENV)/python $(PIP) --require-hashes -r requirements.lock && \
	$(VENV)/python $(PIP) --no-index --no-deps --no-build-isolation -e . && \
	JSII_RUNTIME_PACKAGE_CACHE_ROOT=.local-cloud/jsii $(VENV)/python -c 'import aws_cdk, cdk_nag; aws_cdk.App()' && \
	touch $@

.venv-ministack/.installed: local_cloud/requirements.lock
	@python=$$(tools/find-python) || exit 1; \
	echo "Installing the local cloud into .venv-ministack …"; \
	"$$python" -m venv --clear .venv-ministack && .venv-ministack/bin/python $(PIP) --require-hashes -r local_cloud/requirements.lock && touch $@

node_modules/.installed: package.json package-lock.json
	@command -v npm >/dev/null || { echo "error: Journey Watch needs Node.js 20 or newer with npm." >&2; exit 1; }
	@echo "Installing the CDK command line into node_modules …"
	@npm ci --no-audit --no-fund --loglevel=error && touch $@
