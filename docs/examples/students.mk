# `make lab` does everything on a fresh machine.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Notebooks run in folders of their own, so a relative path is made absolute here.
ifneq ($(filter-out synthetic,$(CIFAR10_ROOT)),)
export CIFAR10_ROOT := $(abspath $(CIFAR10_ROOT))
endif
# The edition that `make lab` opens: notebooks/, or with EDITION=ru the Russian one.
LAB := $(or $(addprefix notebooks-,$(filter-out en,$(EDITION))),notebooks)

export PATH := $(abspath $(BIN)):$(PATH)

.PHONY: help install data lab

help:
	@echo "make lab    install what is missing, and open JupyterLab (EDITION=ru: по-русски)"
	@echo "make data   find or download CIFAR-10"

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": make lab PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

install: $(INSTALLED)

data: $(INSTALLED)
	autograder data

lab: $(INSTALLED)
	@test -d $(LAB) || { echo "There is no edition $(EDITION): $(LAB)/ is not there."; exit 1; }
	jupyter lab --ServerApp.root_dir=$(LAB) --LabApp.default_url=/lab/tree/start.ipynb
