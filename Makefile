# Febris: make demo | test | check | bench | soak | screenshots. Each sets up what it needs; the second time is quick.
# PYTHON, VENV, LOCK, DATA_DIR, PORT, SPEED and ARGS (for pytest) may be named on the command line.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak screenshots lock

#: Blank: the first Python 3.11 to 3.13 that runs and can make environments (a version manager's shim may do neither).
PYTHON ?=
VENV ?= .venv
LOCK ?= requirements-dev.lock
RUN_VENV := .venv-run
PACKAGES := config accounts tracker monitoring interop

#: $(1) an environment, $(2) its lock. The stamp carries the lock's digest, so a changed lock installs again.
define environment
	@digest=$$(cksum < $(2)); if [ "$$(cat $(1)/.locked 2>/dev/null)" != "$$digest" ]; then \
		for each in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 /usr/bin/python3); do \
			$$each -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
				>/dev/null 2>&1 && python=$$each && break; done; \
		test -n "$$python" || { echo "Febris needs Python 3.11, 3.12 or 3.13 with its venv module" \
			"(apt-get install python3-venv). Name it with PYTHON=/path/to/python3." >&2; exit 1; }; \
		echo "Setting up $(1) with $$python from $(2)"; \
		$$python -m venv $(1) && \
		$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(2) && \
		echo "$$digest" > $(1)/.locked; fi
endef

help:
	@sed -n '1,2s/^# //p' Makefile

demo:
	$(call environment,$(RUN_VENV),requirements.lock)
	@exec $(RUN_VENV)/bin/python manage.py demo

test:
	$(call environment,$(VENV),$(LOCK))
	$(VENV)/bin/python -m pytest -m "not soak" -n auto --maxprocesses 4 $(ARGS)

soak:
	$(call environment,$(VENV),$(LOCK))
	$(VENV)/bin/python -m pytest -m "soak or hypothesis" --hypothesis-profile=soak $(ARGS)

bench:
	$(call environment,$(VENV),$(LOCK))
	$(VENV)/bin/python -m bench $(ARGS)

check:
	$(call environment,$(VENV),$(LOCK))
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy $(PACKAGES) manage.py
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint --quiet --lint templates
	$(VENV)/bin/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(VENV)/bin/python manage.py check --fail-level WARNING
	@command -v msgfmt >/dev/null || { echo "LEFT OUT: the translations. Have them with: apt-get install gettext"; \
		test "$$REQUIRE_ALL" != 1; exit; }; \
	for each in locale/*/LC_MESSAGES/django.po; do \
		msgfmt --check-format --output-file=- $$each | cmp - $${each%.po}.mo || \
		{ echo "$$each is not what was compiled: manage.py compilemessages" >&2; exit 1; }; done

#: The pictures of the README, taken from a demo of its own. Needs Chromium.
screenshots:
	$(call environment,$(VENV),$(LOCK))
	$(VENV)/bin/python docs/screenshots.py

#: Writes the locks from pyproject.toml. Needs uv; nothing else does.
lock:
	echo 'django>=5.2,<6' | $(COMPILE) --python-version 3.11 --output-file requirements.lock
	echo 'django>=5.2,<6' | $(COMPILE) --python-version 3.11 --group dev --output-file requirements-dev.lock
	echo 'django>=6.1,<6.2' | $(COMPILE) --python-version 3.13 --group dev --output-file requirements-django61.lock

COMPILE := uv pip compile --quiet pyproject.toml - --universal --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock'
