# Everything a developer or an operator types. `make` alone lists it.
# Each target prepares what it needs by itself; a prepared checkout is not prepared again.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh
export CDK_DISABLE_CLI_TELEMETRY := 1
# Of another Python than the one of .venv.
unexport PYTHONPATH PYTHONHOME

# Whatever a person may set. Each value reaches the commands below as an environment variable, as it was typed: make
# would run $(shell …) in it, and a recipe's shell would run what follows a quote.
GIVEN := EMAIL CONFIG PROFILE REGION QUALIFIER REMOVE BOOTSTRAP YES KEEP LOCAL VERBOSE CDK_ARGS TEST_ARGS PROVE_ARGS SOAK_ARGS MUTANTS_ARGS
$(foreach name,$(GIVEN),$(if $(filter-out undefined,$(origin $(name))),\
  $(eval override $(name) := $$(value $(name)))$(eval export $(name))))

VENV := .venv/bin
# The longest come first (tests/conftest.py), so that no worker is left to finish one alone.
PYTEST := $(VENV)/python -m pytest -q --no-loadscope-reorder
# Runs a command with the words of a variable at its end: $(APPEND) TEST_ARGS COMMAND...
APPEND := $(VENV)/python -I tools/append-args

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: install ## Deploy the real stack into a local cloud and watch alerts arrive (KEEP=1 leaves it running, VERBOSE=1 shows all of every alert)
	@$(VENV)/python -m local_cloud demo $${KEEP:+--keep} $${VERBOSE:+--verbose}

.PHONY: test
test: install ## Run every test, in a random order (no AWS account, no network but the package registries)
	@# For two cores. The others have them while some wait for a schedule to fire, or for the CDK.
	@$(APPEND) TEST_ARGS $(PYTEST) -n 4

.PHONY: test-quick
test-quick: install ## Run the tests that need no local cloud, no browser and no hours of virtual time: the inner loop
	@$(APPEND) TEST_ARGS $(PYTEST) -n 2 --hypothesis-profile quick -m "not integration and not browser and not played"

.PHONY: prove
prove: install ## Play 20,000 trials in which everything goes wrong, and break rules on purpose (PROVE_ARGS="--trials 100000")
	@$(APPEND) PROVE_ARGS $(VENV)/python -m proof run

.PHONY: soak
soak: install ## Poll 2,000 times, for a week of virtual time with a trouble an hour (SOAK_ARGS="--polls 20000")
	@$(APPEND) SOAK_ARGS $(VENV)/python -m proof soak

.PHONY: mutants
mutants: install ## Change the heart in small ways, one by one: does a test notice? (MUTANTS_ARGS="core/mutes.py" or "--write")
	@$(VENV)/python -I tools/install more tools/requirements.lock
	@$(APPEND) MUTANTS_ARGS $(VENV)/python -m tools.mutants

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
	@$(VENV)/python -m operator_cli.synth $${CONFIG:+"--config=$$CONFIG"}

.PHONY: deploy
deploy: install ## Deploy to the AWS account of your credentials (EMAIL=you@example.com the first time; also CONFIG=, PROFILE=, REGION=, QUALIFIER=, BOOTSTRAP=1, REMOVE=, CDK_ARGS=)
	@set -f; set --; for recipient in $$REMOVE; do set -- "$$@" "--remove=$$recipient"; done; \
	$(APPEND) CDK_ARGS $(VENV)/python -m operator_cli.deploy $${EMAIL:+"--email=$$EMAIL"} $${CONFIG:+"--config=$$CONFIG"} \
	  $${PROFILE:+"--profile=$$PROFILE"} $${REGION:+"--region=$$REGION"} $${QUALIFIER:+"--qualifier=$$QUALIFIER"} \
	  $${BOOTSTRAP:+--bootstrap} "$$@" --

.PHONY: verify-aws
verify-aws: install ## Prove an AWS account with a throw-away stack (PROFILE=, REGION=, QUALIFIER=, YES=1, KEEP=1; LOCAL=1: on this machine)
	@$(VENV)/python -m verify_aws --json verify-aws.json $${LOCAL:+--local} $${PROFILE:+"--profile=$$PROFILE"} \
	  $${REGION:+"--region=$$REGION"} $${QUALIFIER:+"--qualifier=$$QUALIFIER"} $${YES:+--yes} $${KEEP:+--keep}

.PHONY: lock
lock: install ## Pin again, with hashes, what every requirements.txt brings along
	@$(VENV)/python -I tools/install more tools/requirements.lock
	$(VENV)/python -m tools.lock

.PHONY: clean
clean: ## Remove everything that make and the tools have written here
	rm -rf .venv .venv-* node_modules .build .local-cloud cdk.out .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .import_linter_cache verify-aws.json
	find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: install
install: .venv/.installed .venv-ministack/.installed node_modules/.installed ## Install what the other targets need, into this checkout

.venv/.installed: requirements.lock pyproject.toml
	@python=$$(tools/find-python) && "$$python" -I tools/install python .venv requirements.lock

.venv-ministack/.installed: local_cloud/requirements.lock
	@python=$$(tools/find-python) && "$$python" -I tools/install python .venv-ministack local_cloud/requirements.lock

node_modules/.installed: package.json package-lock.json | .venv/.installed
	@$(VENV)/python -I tools/install cdk
