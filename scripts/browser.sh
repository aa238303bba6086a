#!/usr/bin/env bash
# A Chromium and a Chinese font for the browser tests.
set -euo pipefail

have_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
have_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh-cn)" ]; }

if have_browser >/dev/null && have_font; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
  exit 0
fi
echo "浏览器测试需要 Chromium 和中文字体，请运行：sudo apt-get install chromium fonts-noto-cjk fontconfig" >&2
exit 1
