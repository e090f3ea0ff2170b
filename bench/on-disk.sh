#!/usr/bin/env bash
# on-disk.sh COMMAND…   runs it where both engines' data lie on an ext4 with a journal and what they run in memory, as hosts have it (/run),
# made for the run and seen by nobody else: some virtual machines have no journal, which makes new directories dear (docs/performance.md).
# TUG_BENCH_DISK=none goes without.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
peers=${PEER_DIR:-/var/tmp/tug-peers}

# Prints the path of a new disk's image.
image() {
  local path
  path=$(mktemp -p "${TUG_BENCH_IMAGES:-/var/tmp}" tug-bench-disk.XXXXXX)
  truncate -s 24G "$path" && mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$path" && echo "$path" || { rm -f "$path"; return 1; }
}

inside() {
  local image=$1; shift
  disk=$(mktemp -d)
  if ! mount -o loop "$image" "$disk"; then rmdir "$disk"; without "$@"; return; fi
  mkdir -p "$disk/peer/sid" "$disk/peer/bench/exec" "$disk/memory" "$disk/tmp"
  mount --bind "$peers/sid" "$disk/peer/sid"
  mount -t tmpfs tmpfs "$disk/peer/bench/exec"
  mount -t tmpfs tmpfs "$disk/memory"
  export PEER_DIR="$disk/peer" PEER_NAME=bench TMPDIR="$disk/tmp" TUG_BENCH_MEMORY="$disk/memory"
  trap leave EXIT
  "$@"
}

leave() {
  "$here/../test/peers/dockerd.sh" stop
  ip netns del tugpeer-bench 2>/dev/null || true
  umount -l "$disk" && rmdir "$disk"
}

without() {
  echo 'bench: it runs on the disk there is' >&2
  "$@"
}

if [ "${1:-}" = --inside ]; then shift; inside "$@"; exit; fi
if [ "${TUG_BENCH_DISK:-}" = none ] || [ -n "${TUG_PEER_SOCK:-}" ]; then without "$@"; exit; fi
[ -e "$peers/sid/.done" ] || "$here/../test/peers/dockerd.sh" clients >/dev/null
if ! made=$(image); then without "$@"; exit; fi
trap 'rm -f "$made"' EXIT
unshare -m --propagation private "$0" --inside "$made" "$@"
