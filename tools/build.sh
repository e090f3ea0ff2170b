#!/usr/bin/env bash
# Makes dist/tug: the command line, the engine and the shim in one executable.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(node -p 'require("./package.json").version')
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
# --splitting keeps the engine's modules out of the command line's start. A root program reads no .env or bunfig.toml of whatever
# directory it is called in. Built beside its place and renamed: a running engine keeps its own file.
node_modules/.bin/bun build --compile --minify --bytecode --format=esm --splitting \
  --no-compile-autoload-dotenv --no-compile-autoload-bunfig \
  --define "TUG_VERSION=\"$version\"" --define "TUG_COMMIT=\"$commit\"" \
  --outfile dist/.tug.new src/cli.ts >/dev/null
if [ -e dist/front ]; then node_modules/.bin/bun tools/put-front.ts dist/.tug.new dist/front; fi
mv dist/.tug.new dist/tug
ls -l dist/tug | awk '{printf "build: dist/tug, %.0f MB\n", $5 / 1e6}'
