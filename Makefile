# xassay on a bare machine: Python 3.11 or newer, and make.
#   make run [CONFIG=my.yaml]   install, run, print the verdicts     make test        every test
#   make plan [CONFIG=my.yaml]  what would run, and why              make test-fast   those of a minute
#   make report                 Snakemake's own report               make check       what continuous integration runs
#   make benchmark              the measurements in benchmarks/      make clean       remove results, keep .venv

.DEFAULT_GOAL := run
.PHONY: run plan report test test-fast check benchmark clean given
SHELL := /bin/sh

PYTHON ?= python3
CONFIG ?=
ARGS ?=
BIN := $(CURDIR)/.venv/bin
# Named by the lock's content: a new lock installs again, a new time stamp does not.
READY := .venv/ready-$(shell cksum < requirements.lock | cut -d ' ' -f 1)
STUDY := $(if $(CONFIG),--configfile "$(CONFIG)")
export PATH := $(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)/src

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "xassay needs Python 3.11 or newer; make PYTHON=...")'
	$(PYTHON) -m venv .venv
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check $$(grep '^torch==' requirements.lock)
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@"$(BIN)/python" -c 'import pathlib, site; pathlib.Path(site.getsitepackages()[0], "xassay.pth").write_text("$(CURDIR)/src\n")'
	@rm -f .venv/ready-*
	@touch $@

given:
	@[ -z "$(CONFIG)" ] || [ -f "$(CONFIG)" ] || { echo "CONFIG=$(CONFIG): there is no such file" >&2; exit 1; }

run: given $(READY)
	@python workflow/scripts/alone.py $(STUDY) $(ARGS)
	@python -m xassay verdicts --trust results/trust.json
	@echo "Report: $(CURDIR)/results/report.html"

plan: given $(READY)
	@snakemake --dry-run --nolock $(STUDY) $(ARGS)

report: given $(READY)
	@snakemake --nolock --report results/snakemake.html $(STUDY) $(ARGS)

test: $(READY)
	@pytest $(ARGS)

test-fast: $(READY)
	@pytest -m "not slow" --numprocesses 2 --dist loadfile $(ARGS)

check: $(READY)
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint
	snakemake --lint --snakefile workflow/Snakefile
	pytest $(ARGS)

benchmark: $(READY)
	@ls benchmarks/*.py > /dev/null 2>&1 || echo "There are no benchmarks yet: they would be benchmarks/*.py."
	@for file in benchmarks/*.py; do [ ! -e "$$file" ] || python "$$file" || exit 1; done

clean:
	@find results -mindepth 1 ! -name README.md -delete
	@rm -rf .snakemake .pytest_cache .ruff_cache
