# Everything starts here: `make run` and `make test` need only Python 3.11+ and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test check bench train tune tune-search models evaluate demo setup setup-test chromium clean

export PATH := $(CURDIR)/.tools/bin:$(PATH)
export OMP_NUM_THREADS := 1
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
VENV := .venv
PY := $(VENV)/bin/python

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

run: $(VENV)/.runtime nlu/.venv/.done ## set everything up and start it
	@exec $(VENV)/bin/lotse run

test: setup-test ## set everything up and run every test
	$(VENV)/bin/lotse train
	$(PY) -m pytest

check: setup-test ## formatting, types, layers, Rasa's data, catalogues, content, containers
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/lotse check-catalogues
	$(VENV)/bin/lotse kb check
	$(VENV)/bin/hadolint Dockerfile nlu/Dockerfile
	$(PY) -m pytest tests/test_deployment.py
	$(PY) nlu/check.py
	PYTHONPATH=. RASA_TELEMETRY_ENABLED=false LOG_LEVEL=ERROR PYTHONWARNINGS=ignore \
	  nlu/.venv/bin/rasa data validate --config nlu/config.yml --domain dialogues/domain \
	  --data nlu/data dialogues/rules dialogues/stories

bench: setup-test ## end-to-end measurements beside stock Rasa (writes docs/performance.md)
	$(VENV)/bin/lotse train
	$(PY) -m bench.run --docs

train: $(VENV)/.runtime nlu/.venv/.done ## train the Rasa model if its inputs changed
	$(VENV)/bin/lotse train

tune: ## tune the sentence encoder on the examples (by hand; an hour and a half on two cores)
	@test -e nlu/encoder/.venv || python3 -m venv nlu/encoder/.venv
	@nlu/encoder/.venv/bin/python -m pip install --quiet -r nlu/encoder/requirements.txt
	OMP_NUM_THREADS=$$(nproc) nlu/encoder/.venv/bin/python -m nlu.encoder.tune

tune-search: ## learn the search's matrices from questions (by hand; OMOS= and FEED= name more data)
	@test -e nlu/encoder/.venv || python3 -m venv nlu/encoder/.venv
	@nlu/encoder/.venv/bin/python -m pip install --quiet -r nlu/encoder/requirements.txt
	@nlu/encoder/.venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	OMP_NUM_THREADS=$$(nproc) nlu/encoder/.venv/bin/python -m knowledge_base.adapter.tune \
	  $(if $(OMOS),--omos $(OMOS)) $(if $(FEED),--integreat $(FEED))

models: $(VENV)/.runtime ## install translation models from Argos' index (needs network; about 1.5 GB)
	$(VENV)/bin/lotse translate install de ar fa tr uk ru fr

evaluate: setup-test ## run every test message and write docs/language-quality.md
	$(VENV)/bin/lotse evaluate

demo: $(VENV)/.runtime ## reset the database to the fictional demonstration set
	$(VENV)/bin/lotse demo

setup: $(VENV)/.runtime nlu/.venv/.done ## both environments, without starting anything
setup-test: $(VENV)/.dev nlu/.venv/.done

clean: ## remove environments and everything made at run time
	rm -rf $(VENV) nlu/.venv .tools var

.tools/bin/uv:
	@echo "Installing uv (into .tools) ..."
	@python3 -m venv .tools 2>/dev/null || { rm -rf .tools; \
	  echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@.tools/bin/python -m pip install --quiet uv

uv-ready: $(if $(filter .tools/bin/uv,$(UV)),.tools/bin/uv)

$(VENV)/.runtime: requirements.lock pyproject.toml | uv-ready
	@test -e $(VENV)/.dev && test $(VENV)/.dev -nt requirements.lock || { \
	  echo "Setting up $(VENV) ..."; \
	  $(UV) venv --quiet --allow-existing --python '>=3.11' $(VENV) && \
	  $(UV) pip sync --compile-bytecode --python $(PY) --require-hashes requirements.lock && \
	  $(UV) pip install --quiet --python $(PY) --no-deps -e . ; }
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | uv-ready
	@echo "Setting up $(VENV) with the test tools ..."
	@$(UV) venv --quiet --allow-existing --python '>=3.11' $(VENV)
	@$(UV) pip sync --compile-bytecode --python $(PY) --require-hashes requirements-dev.lock
	@$(UV) pip install --quiet --python $(PY) --no-deps -e .
	@touch $@ $(VENV)/.runtime

# Rasa 3.6 needs Python 3.10. uv does not see versions that pyenv has installed but not chosen, so
# those are looked at by path; where there is none, uv brings one.
nlu/.venv/.done: nlu/requirements.lock | uv-ready
	@echo "Setting up nlu/.venv with Rasa (2.4 GB, a few minutes the first time) ..."
	@python=$$($(UV) python find 3.10 2>/dev/null || \
	  ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.10.*/bin/python 2>/dev/null | tail -1); \
	if [ -z "$$python" ]; then $(UV) python install 3.10 && python=$$($(UV) python find 3.10); fi; \
	$(UV) venv --quiet --allow-existing --python "$$python" nlu/.venv
	@$(UV) pip sync --compile-bytecode --python nlu/.venv/bin/python --require-hashes nlu/requirements.lock
	@touch $@

.PHONY: uv-ready
