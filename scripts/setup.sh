#!/usr/bin/env bash
# Makes the virtual environment from the lock. $1: its folder.
set -euo pipefail
venv=$1

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "需要 Python 3.11 或更新的版本。Debian/Ubuntu 请运行：apt-get install python3 python3-venv" >&2
  exit 1
fi
if ! "$python" -m venv "$venv"; then
  echo "建不了虚拟环境。Debian/Ubuntu 请运行：apt-get install python3-venv" >&2
  exit 1
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
