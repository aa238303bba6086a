#!/usr/bin/env bash
# Software of others, from npm by its lock, that the tests talk to. $1: the folder with package.json and its lock.
set -euo pipefail
cd "$1"

recent() { node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' 2>/dev/null; }

if ! command -v node >/dev/null || ! command -v npm >/dev/null || ! recent; then
  echo "测试要用 Node.js 18 或更新的版本和 npm。Debian/Ubuntu 请运行：sudo apt-get install nodejs npm" >&2
  echo "（装好后用 node --version 看版本；系统自带的太旧时，请从 nodejs.org 下载。）" >&2
  exit 1
fi
if cmp -s package-lock.json node_modules/.lock-of-install; then
  exit 0
fi
if ! npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; then
  echo "npm 包没有装成（$1）。请检查网络，或用 npm config set registry 设好镜像，再运行一次 make setup。" >&2
  exit 1
fi
cp package-lock.json node_modules/.lock-of-install
