#!/usr/bin/env bash
# The Wechaty gateway that the tests of the Wechaty channel talk to: npm packages under tests/gateway.
set -euo pipefail
cd "$(dirname "$0")/../tests/gateway"

recent() { node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' 2>/dev/null; }

if ! command -v node >/dev/null || ! command -v npm >/dev/null || ! recent; then
  echo "微信网关的测试需要 Node.js 18 或更新的版本和 npm。Debian/Ubuntu 请运行：sudo apt-get install nodejs npm" >&2
  echo "（装好后用 node --version 看版本；系统自带的太旧时，请从 nodejs.org 下载。）" >&2
  exit 1
fi
# What is installed already is of this lock when npm's own copy of it is as new.
if [ -f node_modules/.package-lock.json ] && [ ! package-lock.json -nt node_modules/.package-lock.json ]; then
  exit 0
fi
if ! npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; then
  echo "测试网关没有装成。请检查网络，或用 npm config set registry 设好镜像，再运行一次。" >&2
  exit 1
fi
touch node_modules/.package-lock.json
