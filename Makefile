# The only list of tasks. Everything works on a fresh clone: each task sets up what it needs first.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.stamp

.PHONY: setup venv browser peers demo test check bench soak eval model docs lock clean

# Everything that demo, test and check need.
setup: venv browser peers

venv: $(STAMP)

$(STAMP): requirements-dev.lock pyproject.toml scripts/setup.sh
	bash scripts/setup.sh $(VENV)
	touch $(STAMP)

# A Chromium and a Chinese font: what is installed, else apt-get as root, else one line that says what to run.
browser:
	bash scripts/browser.sh

# Software of others, from npm, that the channels are tested against: a Wechaty gateway, two peers of WeCom's.
peers:
	bash scripts/peers.sh tests/gateway
	bash scripts/peers.sh tests/wecom_peers
	bash scripts/peers.sh tests/wecom_sdk

demo: venv
	$(VENV)/bin/xiaoshao demo

test: setup
	$(VENV)/bin/pytest -n auto --dist worksteal

check: venv
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) scripts/docs.py --check

bench: venv
	$(PY) -m bench.run
	$(PY) -m bench.ear $(wildcard $(PUBLIC))
	$(PY) -m bench.merging
	$(PY) -m bench.digests
	$(PY) -m bench.commands
	$(PY) -m bench.wecom_codec

# Public text for measuring and for ordinary chat in training; docs/understanding.md says what it is.
PUBLIC ?= ../shared/data

# Any commands by anybody, for hours: what must hold stands in tests/invariants.py.
soak: venv
	$(PY) -m bench.soak --examples 500 --shrink

eval: venv
	$(PY) -m bench.eval $(PUBLIC)
	$(PY) -m bench.talks
	$(PY) -m bench.talks --split test
	$(PY) -m bench.beside

model: venv
	@test -d $(PUBLIC) || { echo "训练要用公开文本，请给出目录：make model PUBLIC=目录（见 docs/understanding.md）" >&2; exit 1; }
	$(PY) -m nlp.train $(PUBLIC)
	$(PY) -m nlp.train_thread $(PUBLIC)

docs: venv
	$(PY) scripts/docs.py

# New versions: recompile both locks, with hashes and without addresses.
lock: venv
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o requirements.lock
	$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra dev pyproject.toml -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/gateway/node_modules
