#!/usr/bin/env bash
# Installs the npm packages that a channel is tested against. $1: the folder with package.json and its lock.
set -euo pipefail
folder=$1

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "测试要用 Node.js 18 或更新的版本和 npm。Debian/Ubuntu 请运行：sudo apt-get install nodejs npm" >&2
  exit 1
fi
if ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)'; then
  echo "Node.js 太旧（$(node --version)），需要 18 或更新的版本。" >&2
  exit 1
fi
if ! npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error; then
  echo "npm 包没有装成（$folder）。请检查网络，或用 npm config set registry 设好镜像，再运行一次。" >&2
  exit 1
fi
touch "$folder/node_modules/.stamp"
