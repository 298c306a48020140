# voipbox: `make` explains itself.
SHELL := /bin/bash
# The first Python that runs, is new enough and can make virtual environments.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
  $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
unexport ANSIBLE_COLLECTIONS_PATH

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test lint sanity unit integration controller browser molecule soak bench lab-up lab-down clean

help: ## Tell what there is
	@echo "voipbox: orders become FusionPBX tenants. Targets:"
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.ready-lab: pyproject.toml
	@scripts/setup "$(PYTHON)" lab
	@touch $@

$(VENV)/.ready: pyproject.toml
	@scripts/setup "$(PYTHON)" dev
	@touch $(VENV)/.ready-lab $@

setup: $(VENV)/.ready ## Make .venv with everything for development and tests

demo: $(VENV)/.ready-lab ## Watch four orders become tenants on a lab: numbers bought, one repaired, one registered
	@scripts/demo

up: $(VENV)/.ready-lab ## Lab PBX, web server and daemon in the background, to try things with
	@scripts/up

down: ## Stop what make up started; its data stay
	@scripts/down

test: $(VENV)/.ready ## Everything that must hold: lint, sanity, unit, integration, controller, browser, molecule
	@scripts/test

lint: $(VENV)/.ready ## ruff, mypy, ansible-lint (profile production)
	@scripts/lint

sanity: $(VENV)/.ready ## ansible-test sanity, from a copy at a proper collections path
	@scripts/sanity

unit: $(VENV)/.ready ## Unit tests
	@python -m pytest tests/unit -n auto --dist loadfile

integration: $(VENV)/.ready ## Engine, modules and playbooks against labs of both table shapes
	@python -m pytest tests/engine tests/playbooks tests/integration -n auto --dist loadfile

controller: $(VENV)/.ready ## Orders, numbers, registration, runs, mail, API, pages and daemons, on labs of their own
	@python -m pytest tests/controller tests/providers tests/numbers tests/regulatory tests/pages -n auto --dist loadfile

browser: $(VENV)/.ready ## The pages in Chromium
	@scripts/browser

molecule: $(VENV)/.ready ## Molecule scenarios default (lab processes) and node (a container over SSH)
	@scripts/molecule

soak: $(VENV)/.ready ## 200 random kills -9 over 22 orders on a lab; prints what came out (half an hour)
	@PYTHONPATH=.:collections python -m tests.soak

bench: $(VENV)/.ready ## Speed, as ratios, into build/bench.json
	@PYTHONPATH=collections python -m tests.bench

lab-up: $(VENV)/.ready-lab ## Start the lab PBX in .lab
	@voipbox lab up

lab-down: $(VENV)/.ready-lab ## Stop the lab PBX
	@voipbox lab down

clean: ## Remove what the other targets made
	-@scripts/down >/dev/null 2>&1
	-@test -x $(BIN)/voipbox && $(BIN)/voipbox lab down >/dev/null 2>&1
	rm -rf $(VENV) .lab build .pytest_cache .hypothesis .mypy_cache .ruff_cache .ansible
