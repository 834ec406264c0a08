# GNU make 3.81 (macOS) is enough. `make demo` and `make test` set up all they need; other targets: `make help`.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:

OLD_ENOUGH := import sys; sys.exit(sys.version_info < (3, 10))
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10; do \
	"$$python" -c '$(OLD_ENOUGH)' 2>/dev/null && echo "$$python" && break; done)
endif
PREFIX ?= $(HOME)/.local
UV ?= uv

VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
ZIPAPP := dist/kubectl-netshoot
COMPLETION := dist/kubectl_complete-netshoot
MANUAL := dist/kubectl-netshoot.1
SOURCES := $(shell find src/kubectl_netshoot tools/zipapp requirements/runtime.lock -type f ! -name '*.pyc')

.PHONY: help
help:
	@echo 'make demo        a session on a fake cluster, start to end: 20 seconds'
	@echo 'make demo-shell  the same, with the shell for you: 10 seconds to the prompt'
	@echo 'make test        lint, types, architecture and all tests: 20 minutes on two cores'
	@echo 'make venv        the environment for all of it in .venv, and nothing else'
	@echo 'make lint        lint, types and architecture alone'
	@echo 'make test-portable  those of them that need neither a cluster nor Linux'
	@echo 'make install     the command, its completion and its manual page into PREFIX (default ~/.local)'
	@echo 'make uninstall   take them away'
	@echo 'make chaos       1000 sessions that go wrong, and what held (SEED=1 SESSIONS=1000 JOBS=10, or ONLY=number; RUN=1: throwaway pods, SET=1: copies that differ)'
	@echo 'make chaos-judge  the program sabotaged in twelve ways: does the judge of make chaos find each of them (SEED=1 SEEDS=3)'
	@echo 'make bench       compare start, TAB, a session, memory, a large namespace, capture and explain with kubectl and tshark'
	@echo 'make screens     write anew what every command leaves on a terminal (tests/system/*/left): look at what changed'
	@echo 'make man         the manual page dist/kubectl-netshoot.1'
	@echo 'make release     VERSION=vX.Y.Z: archive, krew manifest, contents and checksums in dist/'
	@echo 'make index       the custom krew index of this repository, from the last make release'
	@echo 'make lock        resolve the dependencies anew (needs uv)'
	@echo 'make clean       remove what was built'

$(READY): requirements/dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'No Python 3.10 or newer found: set PYTHON=/path/to/python3' >&2; exit 1; }
	@echo 'Installing what development needs into $(VENV): one or two minutes, only this time.'
	@$(BIN)/python -c '$(OLD_ENOUGH)' 2>/dev/null || { rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(ZIPAPP): $(SOURCES) | $(READY)
	@echo 'Building $(ZIPAPP): 20 seconds.'
	@$(BIN)/python -m tools.zipapp $@

$(COMPLETION): $(SOURCES) | $(READY)
	@mkdir -p $(@D)
	@PYTHONPATH=src $(BIN)/python -m kubectl_netshoot completion script > $@
	@chmod 755 $@

$(MANUAL): $(SOURCES) $(shell find tools/manpage -name '*.py') tools/markdown.py docs/reference.md docs/guide.md CHANGELOG.md | $(READY)
	@PYTHONPATH=src $(BIN)/python -m tools.manpage $@

.PHONY: man
man: $(MANUAL)

.PHONY: release
release: $(ZIPAPP) $(COMPLETION) $(MANUAL)
	@$(BIN)/python -m tools.release "$(VERSION)" $(HOMEPAGE)

.PHONY: index
index:
	cp dist/netshoot.yaml plugins/netshoot.yaml

.PHONY: venv
venv: $(READY)

.PHONY: lint
lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/actionlint

.PHONY: test
test: lint $(ZIPAPP)
	@$(BIN)/python -m tools.prerequisites
	$(BIN)/pytest -n auto

# What needs neither a cluster nor Linux: the program itself, from source and as it ships.
.PHONY: test-portable
test-portable: $(ZIPAPP)
	$(BIN)/pytest -n auto tests/system/artefact tests/system/settings $(addprefix tests/unit/,commands/check packets rules session/tools/test_output.py session/tools/test_probes.py settings)

SEED ?= 1
SESSIONS ?= 1000
JOBS ?= 10
.PHONY: chaos
chaos: $(ZIPAPP)
	$(BIN)/python -m tests.system.chaos --seed $(SEED) --sessions $(SESSIONS) --jobs $(JOBS) $(if $(ONLY),--only $(ONLY)) $(if $(RUN),--run) $(if $(SET),--set)

SEEDS ?= 3
.PHONY: chaos-judge
chaos-judge: $(ZIPAPP)
	$(BIN)/python -m tests.system.chaos.sabotage.trial --seed $(SEED) --seeds $(SEEDS)

.PHONY: screens
screens: $(ZIPAPP)
	WRITE_SCREENS=1 $(BIN)/python -m pytest -q -n 2 tests/system/screens tests/system/messages

.PHONY: demo
demo: $(ZIPAPP)
	@$(BIN)/python -m tools.demo

.PHONY: demo-shell
demo-shell: $(ZIPAPP)
	@$(BIN)/python -m tools.demo --shell

.PHONY: install
install: $(ZIPAPP) $(COMPLETION) $(MANUAL)
	@install -d "$(PREFIX)/bin" "$(PREFIX)/share/man/man1"
	@install -m 755 $(ZIPAPP) $(COMPLETION) "$(PREFIX)/bin"
	@install -m 644 $(MANUAL) "$(PREFIX)/share/man/man1"
	@echo 'Installed into $(PREFIX): bin/kubectl-netshoot, bin/kubectl_complete-netshoot, share/man/man1/kubectl-netshoot.1'
	@case ":$$PATH:" in \
		*":$(PREFIX)/bin:"*) ;; \
		*) echo 'kubectl will not find it yet: $(PREFIX)/bin is not on PATH. In the start-up file of your shell:'; \
		   echo '  export PATH="$(PREFIX)/bin:$$PATH"' ;; \
	esac
	@echo 'Next: kubectl netshoot doctor'

.PHONY: uninstall
uninstall:
	rm -f "$(PREFIX)/bin/kubectl-netshoot" "$(PREFIX)/bin/kubectl_complete-netshoot"
	rm -f "$(PREFIX)/share/man/man1/kubectl-netshoot.1"

.PHONY: bench
bench: $(ZIPAPP)
	$(BIN)/python -m bench

LOCK := $(UV) pip compile pyproject.toml --universal --python-version 3.10 --generate-hashes --no-annotate \
	--quiet --upgrade --custom-compile-command 'make lock'

.PHONY: lock
lock:
	$(LOCK) --fork-strategy fewest --output-file requirements/runtime.lock
	$(LOCK) --extra dev --constraints requirements/runtime.lock --output-file requirements/dev.lock

.PHONY: clean
clean:
	rm -rf dist $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
