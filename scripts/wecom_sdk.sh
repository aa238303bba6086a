#!/usr/bin/env bash
# The vendor's client of the long connection (npm), which checks the stand-in that the tests use.
set -euo pipefail
cd "$(dirname "$0")/../tests/wecom_sdk"

if ! command -v npm >/dev/null || ! command -v node >/dev/null || ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)'; then
  echo "测试企业微信长连接需要 Node.js 18 或更新的版本和 npm。Debian/Ubuntu 请运行：sudo apt-get install nodejs npm" >&2
  exit 1
fi
if ! cmp -s package-lock.json node_modules/.lock-of-install; then
  if ! npm ci --ignore-scripts --no-audit --no-fund --silent; then
    echo "npm 包没有装成。请检查网络，或用 npm config set registry 设好镜像，再运行一次 make setup。" >&2
    exit 1
  fi
  cp package-lock.json node_modules/.lock-of-install
fi
