#!/usr/bin/env bash
# Makes the virtual environment from the lock. $1: its folder.
set -euo pipefail
venv=$1

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
  if command -v "$candidate" >/dev/null && recent "$candidate"; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "需要 Python 3.11 或更新的版本。Debian/Ubuntu 请运行：sudo apt-get install python3 python3-venv" >&2
  exit 1
fi
# A usable environment is brought up to date; one of an older Python or a half-made one is made anew.
if ! { [ -x "$venv/bin/python" ] && recent "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
  if ! "$python" -m venv --clear "$venv"; then
    echo "建不了虚拟环境。Debian/Ubuntu 请运行：sudo apt-get install python3-venv" >&2
    exit 1
  fi
fi
pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check)
if ! { "${pip[@]}" --require-hashes -r requirements-dev.lock && "${pip[@]}" --no-deps --no-build-isolation -e .; }; then
  echo "依赖没有装成。请检查网络，或用 pip config 设好镜像，再运行一次。" >&2
  exit 1
fi
