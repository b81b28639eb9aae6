# xassay on a bare machine: Python 3.11 or newer, and make.
#   make run [CONFIG=my.yaml]   install, run, print the verdicts     make test        every test
#   make plan [CONFIG=my.yaml]  what would run, and why              make test-fast   those of a minute
#   make catalogue              every plug-in and its options        make check       what continuous integration runs
#   make report                 Snakemake's own report               make benchmark   the measurements in benchmarks/
#   make test-slurm             on a SLURM of its own (root, Debian)  make clean       remove results, keep .venv
#   OUT=folder                  run there, results of its own

.DEFAULT_GOAL := run
.PHONY: run plan report catalogue test test-fast test-slurm check benchmark clean given
SHELL := /bin/sh

PYTHON ?= python3
CONFIG ?=
ARGS ?=
BIN := $(CURDIR)/.venv/bin
# Named by the lock's content: a new lock installs again, a new time stamp does not.
READY := .venv/ready-$(shell cksum < requirements.lock | cut -d ' ' -f 1)
OUT ?=
FOLDER := $(or $(OUT),.)
STUDY := $(if $(CONFIG),--configfile "$(CONFIG)") $(if $(OUT),--directory "$(OUT)")
export PATH := $(BIN):$(PATH)
export PYTHONPATH := $(CURDIR)/src

$(READY):
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
	@python -m xassay verdicts --trust "$(FOLDER)/results/trust.json"
	@echo "Report: $$(cd "$(FOLDER)" && pwd)/results/report.html"

plan: given $(READY)
	@python workflow/scripts/plan.py $(STUDY) $(ARGS)

report: given $(READY)
	@snakemake --nolock --report results/snakemake.html $(STUDY) $(ARGS)

catalogue: $(READY)
	@python -m xassay catalogue $(ARGS)

test: $(READY)
	@pytest $(ARGS)

test-fast: $(READY)
	@pytest -m "not slow" --numprocesses 2 --dist loadfile $(ARGS)

# Elsewhere than on Debian, or without root, it says why it is skipped.
test-slurm: $(READY)
	@python tests/slurm/cluster.py install
	@pytest -m slurm $(ARGS)

check: $(READY)
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint
	snakemake --lint --snakefile workflow/Snakefile
	pytest -m slurm $(ARGS)
	pytest -m "not slurm" --numprocesses 2 --dist loadfile $(ARGS)

# The peers stay out of .venv: --no-deps, so that they move nothing of the lock, torch above all.
PEERS := .venv-benchmarks/ready-$(shell cat requirements.lock benchmarks/requirements.txt | cksum | cut -d ' ' -f 1)
PEER := .venv-benchmarks/bin/python

$(PEERS):
	$(PYTHON) -m venv .venv-benchmarks
	$(PEER) -m pip install --quiet --disable-pip-version-check $$(grep '^torch==' requirements.lock)
	$(PEER) -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(PEER) -m pip install --quiet --disable-pip-version-check --no-deps --requirement benchmarks/requirements.txt
	@rm -f .venv-benchmarks/ready-*
	@touch $@

benchmark: $(PEERS)
	@for file in $$(grep -l '__main__' benchmarks/*.py); do echo "$$file"; $(PEER) "$$file" $(ARGS) || exit 1; done

clean:
	@find results -mindepth 1 ! -name README.md -delete
	@rm -rf .snakemake .pytest_cache .ruff_cache
