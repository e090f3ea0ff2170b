#!/usr/bin/env bash
# Builds real software from Debian's and npm's registries, then runs and uses each.
#   run.sh          all of it, one after another; each step says what it found
#   run.sh NAME…    of apache, c, php, mariadb, node, bun
#   run.sh clean    takes away containers and images, but for debian:bookworm
# $TUG is the command line (default tug), $CACHE where Debian's base is kept, $CACHE_TO and $CACHE_FROM are directories that hold the
# caches of these builds, so that another engine need not make them again. $CA holds the certificates that npm believes beside its own
# (default: those this machine believes).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tug=${TUG:-tug}

build() {
  local name=$1 caches=()
  shift
  [ -z "${CACHE_FROM:-}" ] || caches+=(--cache-from "type=local,src=$CACHE_FROM/$name")
  [ -z "${CACHE_TO:-}" ] || caches+=(--cache-to "type=local,dest=$CACHE_TO/$name,mode=max,mounts=true")
  "$tug" build -q "${caches[@]}" "$@" >/dev/null
}

until_it_does() {
  local tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 120 ] || { echo "waited in vain: $*" >&2; return 1; }
    sleep 0.5
  done
}

address() { "$tug" inspect -f '{{.NetworkSettings.IPAddress}}' "$1"; }
page() { curl -fsS --noproxy '*' --max-time 10 "http://$(address "$1"):$2"; }

# served NAME PORT TEXT: the image runs, and its page holds the text.
served() {
  "$tug" rm -f "example-$1" >/dev/null 2>&1 || true
  "$tug" run -d --name "example-$1" "example-$1" >/dev/null
  until_it_does page "example-$1" "$2"
  page "example-$1" "$2" | grep -q "$3"
  "$tug" stop "example-$1" >/dev/null
  "$tug" rm "example-$1" >/dev/null
  echo "$1: $3"
}

apache() {
  build apache -t example-apache "$here/apache"
  served apache 80/ 'Apache, built'
}

c() {
  build c -t example-hello "$here/c"
  [ "$("$tug" run --rm example-hello)" = 'Hello, world!' ]
  echo 'c: Hello, world!'
}

php() {
  build php -t example-php "$here/php"
  served php 8080/ 'PHP, built'
}

mariadb() {
  build mariadb -t example-mariadb "$here/mariadb"
  "$tug" rm -fv example-mariadb >/dev/null 2>&1 || true
  "$tug" run -d --name example-mariadb example-mariadb >/dev/null
  until_it_does "$tug" exec example-mariadb mariadb -e 'SELECT 1'
  "$tug" exec example-mariadb mariadb -e 'CREATE DATABASE kept; CREATE TABLE kept.words (word TEXT); INSERT INTO kept.words VALUES ("written")'
  "$tug" restart example-mariadb >/dev/null
  until_it_does "$tug" exec example-mariadb mariadb -e 'SELECT 1'
  [ "$("$tug" exec example-mariadb mariadb -Ne 'SELECT word FROM kept.words')" = written ]
  "$tug" rm -fv example-mariadb >/dev/null
  echo 'mariadb: written, and there after a restart'
}

# from_npm NAME BUILD-FLAGS: built with what comes from npm's registry.
from_npm() {
  local certificates=${CA:-/etc/ssl/certs/ca-certificates.crt} secrets=()
  [ ! -e "$certificates" ] || secrets+=(--secret "id=ca,src=$certificates")
  build "$1" "${secrets[@]}" "${@:2}"
}

node() {
  from_npm node -t example-node "$here/node"
  served node 8080/version '"express":"4.21.2"'
  ! "$tug" run --rm example-node sh -c 'command -v npm' >/dev/null
}

bun() {
  build npm --target npm -t example-npm "$here/node"
  from_npm bun -t example-bun "$here/bun"
  served bun 8080/ 'Bun 1.3.0, built'
}

clean() {
  "$tug" rm -fv example-{apache,php,mariadb,node,bun} >/dev/null 2>&1 || true
  "$tug" rmi -f example-{apache,hello,php,mariadb,node,npm,bun} >/dev/null 2>&1 || true
}

if [ "${1:-}" = clean ]; then clean; exit; fi
TUG=$tug "$here/../debian.sh"
for one in "${@:-apache c php mariadb node bun}"; do
  for name in $one; do "$name"; done
done
