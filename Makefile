# make demo   a small city, played as a time-lapse, then served (ONCE=1 stops after the time-lapse)
# make test   all tests          make check  lint, types, import contracts, migrations
# make serve  the service        make bench  speed, side by side with the peers
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo $$p && break; done)
VENV ?= .venv
PY := $(VENV)/bin/python -W ignore
ONCE ?=
.DEFAULT_GOAL := help
.PHONY: help demo test check serve bench environment portraits clean

help:
	@sed -n '1,3s/^# //p' Makefile

environment: $(VENV)/.ready

$(VENV)/.ready: requirements.lock
	@test -n "$(PYTHON)" || { echo '需要 Python 3.11 或更高版本'; exit 2; }
	@echo '准备环境（首次约两分钟）……'
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@

portraits: $(VENV)/.ready
	@$(PY) -m tools.portraits make --to var/portraits

demo: portraits
	@$(PY) -m daka.main simulate $(if $(ONCE),--once,--serve)

test: portraits
	@$(PY) -m pytest -n 2 --dist loadgroup -q -m 'not browser'
	@# A browser on a loaded machine may be late: what failed is tried once more, alone, and then counts.
	@$(PY) -m pytest -q -m browser || $(PY) -m pytest -q -m browser --last-failed

check: $(VENV)/.ready
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --quiet --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) -m pytest -q tests/registry/test_migrations.py tests/test_architecture.py

serve: portraits
	@$(PY) -m daka.main serve

bench: portraits
	@for part in geo selection faces registry notices clock; do $(PY) -m bench.$$part || exit 1; done

clean:
	rm -rf var .venv
