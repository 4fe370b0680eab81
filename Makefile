# make demo   a talking head in demo_out/, from nothing
# make test   everything that proves talkwire works, outside judges included
# make bench  the figures in the README, written to benchmarks/
PYTHON ?= python3
BIN := .venv/bin

GL_PACKAGES := libegl1 libgl1 libgl1-mesa-dri
BLENDER_PACKAGES := libxrender1 libxxf86vm1 libxfixes3 libxi6 libxkbcommon0 libsm6 libice6
TEST_PACKAGES := $(GL_PACKAGES) $(BLENDER_PACKAGES) nodejs npm chromium godot3-server flite festival festvox-kdlpc16k \
  g++ cmake pkg-config libzmq3-dev mono-mcs mono-runtime

# $(call debian,PACKAGES): install what is missing where that is allowed, else say what is missing
define debian
@if command -v dpkg-query >/dev/null; then \
  missing=""; \
  for package in $(1); do \
    case $$package in nodejs) command -v node >/dev/null && continue;; npm) command -v npm >/dev/null && continue;; esac; \
    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
  done; \
  if [ -n "$$missing" ]; then \
    if [ "$$(id -u)" = 0 ]; then become=""; elif sudo -n true 2>/dev/null; then become=sudo; else become=no; fi; \
    if [ "$$become" = no ]; then echo "not installed, and no right to install:$$missing (ask for: sudo apt-get install$$missing)"; \
    else echo "installing Debian packages:$$missing"; \
      $$become apt-get -q update >/dev/null && DEBIAN_FRONTEND=noninteractive $$become apt-get -q install -y --no-install-recommends $$missing >/dev/null \
        || echo "could not install:$$missing"; fi; \
  fi; \
else echo "not Debian: OpenGL (EGL) is needed for pictures, node and npm for the tests"; fi
endef

.PHONY: demo test lint bench clean

demo: .venv/demo.stamp
	$(BIN)/talkwire demo --out demo_out

test: .venv/test.stamp lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p talkwire.runtime -p talkwire.training -p talkwire.bridge -p talkwire.cli -p talkwire.exporters

bench: .venv/test.stamp
	$(BIN)/talkwire bench wire --json benchmarks/wire.json
	$(BIN)/talkwire soak --json benchmarks/soak.json
	for bench in tests/bench/bench_*.py; do $(BIN)/python $$bench || exit 1; done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "talkwire needs Python 3.11 or newer: make demo PYTHON=python3.11"; exit 1; }
	$(if $(shell $(PYTHON) -c 'import ensurepip' 2>/dev/null && echo yes),,$(call debian,python3-venv))
	$(PYTHON) -m venv .venv

.venv/demo.stamp: pyproject.toml | .venv/bin/python
	$(call debian,$(GL_PACKAGES))
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[render]'
	@touch $@

# torch comes first and pinned: an unpinned one brings several gigabytes of CUDA
.venv/test.stamp: pyproject.toml | .venv/bin/python
	$(call debian,$(TEST_PACKAGES))
	$(BIN)/python -m pip install -q --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[test]'
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps stlpips_pytorch==0.0.2 \
	  dlib-bin face_recognition_models==0.3.0
	$(BIN)/python tests/judges/install.py
	@touch $@

clean:
	rm -rf .venv .cache demo_out build dist
