#!/usr/bin/env bash
# Installs the npm packages as package-lock.json pins them, and makes sure that Bun's own binary is there.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "setup: installing npm packages"
# Not `npm ci`: it refuses a lock file from which packages for foreign platforms are absent.
npm install --no-save --no-audit --no-fund --loglevel=error >/dev/null
node_modules/.bin/bun --version >/dev/null 2>&1 || node node_modules/bun/install.js
node_modules/.bin/bun --version >/dev/null
