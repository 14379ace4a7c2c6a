# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout 300

# Notebooks run in folders of their own, so a relative path is made absolute here.
ifneq ($(filter-out synthetic,$(CIFAR10_ROOT)),)
export CIFAR10_ROOT := $(abspath $(CIFAR10_ROOT))
endif
# The edition that `make lab` opens: notebooks/, or with EDITION=ru the Russian one.
LAB := $(or $(addprefix notebooks-,$(filter-out en,$(EDITION))),notebooks)

export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: help install demo test lint unit nbval train accuracy fuzz lab docs release solutions clean

help:
	@echo "make install    make the environment .venv and install the pack in it; all other commands do it too"
	@echo "make demo       make a sample class of a dozen submissions, grade it, print a table"
	@echo "make test       linters, unit tests, mutants, nbgrader end to end, nbval"
	@echo "make train      train the notebook's CNN for so many seconds on this machine's CPU (SECONDS=180)"
	@echo "make accuracy   every wrong and right answer in notebook and sandbox, all attacks; prints a table"
	@echo "make fuzz       hostile bytes for all readers of them, five minutes each (SECONDS_EACH=300)"
	@echo "make lab        open JupyterLab with the student edition (EDITION=ru: the Russian one)"
	@echo "make docs       build the documentation site into build/site"
	@echo "make release    regenerate notebooks/ from solutions/ with nbgrader, and notebooks-ru/ from it"
	@echo "make solutions  run the solution notebooks in place, from clean kernels"

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[test,docs]"
	touch $@

install: $(INSTALLED)

demo: $(INSTALLED)
	autograder demo

test: lint unit nbval

lint: $(INSTALLED)
	ruff check .
	ruff format --check .
	mypy

# Two processes with one thread each; a file's tests stay together, for they share what they set up. In the order of the
# folders, which ends with the quickest, so that neither process waits long for the other.
unit: $(INSTALLED)
	OMP_NUM_THREADS=1 pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 8

nbval: $(INSTALLED)
	@if python -c 'import sys; from autograder import data; sys.exit(data.is_synthetic() or not data.is_available())'; then \
	  pytest $(NBVAL) solutions; \
	else echo "SKIPPED nbval: its outputs come from the real CIFAR-10, which is not on this machine (set CIFAR10_ROOT)."; fi

train: $(INSTALLED)
	python benchmarks/cifar_cpu.py --seconds $(or $(SECONDS),180)

# Not part of `make test`, which judges a sample (tests/mutants/test_accuracy.py).
accuracy: $(INSTALLED)
	python -m tests.accuracy

# Minutes, so not part of `make test`, which replays what was found and searches for seconds.
fuzz: $(INSTALLED)
	python -m tests.fuzz --seconds $(or $(SECONDS_EACH),300)

lab: $(INSTALLED)
	@test -d $(LAB) || { echo "There is no edition $(EDITION): $(LAB)/ is not there."; exit 1; }
	jupyter lab --ServerApp.root_dir=$(LAB) --LabApp.default_url=/lab/tree/start.ipynb

# Warnings are errors; the reference is made anew each time, so that nothing stays of a module that is gone.
docs: $(INSTALLED)
	rm -rf docs/_api
	sphinx-build -q -W --keep-going -b html -d build/doctrees docs build/site
	@echo "build/site/index.html"

release: $(INSTALLED)
	autograder release --language ru

solutions: $(INSTALLED)
	autograder execute

clean:
	rm -rf demo build .pytest_cache .mypy_cache .ruff_cache
