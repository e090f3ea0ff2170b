#!/usr/bin/env bash
# Real firewalls of Debian's, over the host's own root and apart from it: nothing of them is installed or started on the host.
#   firewalls.sh install        fetches ufw, firewalld and dnsmasq once; prints the directory that has them
#   firewalls.sh run COMMAND…   runs a command where they are, with files of its own that end with it; the network is the caller's
# PEER_DIR (default /var/tmp/tug-peers) keeps them. Needs root and Debian's packages.
set -euo pipefail
D=${PEER_DIR:-/var/tmp/tug-peers}/firewalls

# A root over the host's, in a mount namespace of its own; "$1/upper" is its writable layer.
over='mkdir -p "$1/upper" "$1/work" "$1/root"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
  for place in proc sys dev; do mount --rbind "/$place" "$1/root/$place"; done
  mount -t tmpfs tmpfs "$1/root/run"'

install() {
  [ -e "$D/.done" ] || {
    rm -rf "$D"; mkdir -p "$D"
    unshare -m --propagation private bash -euc "$over"'
      printf "#!/bin/sh\nexit 101\n" >"$1/root/usr/sbin/policy-rc.d"; chmod +x "$1/root/usr/sbin/policy-rc.d"
      chroot "$1/root" env DEBIAN_FRONTEND=noninteractive sh -euc "
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends ufw firewalld dnsmasq-base dbus-daemon
        rm -rf /var/lib/apt/lists /var/cache/apt"' bash "$D" >"$D/log" 2>&1
    touch "$D/.done"
  }
  echo "$D"
}

run() {
  local work; work=$(mktemp -d "${TMPDIR:-/tmp}/firewalls-XXXXXX")
  trap "rm -rf '$work'" EXIT
  cp -a "$D/upper" "$work/upper"
  unshare -m --propagation private bash -euc "$over"'
    root=$1/root; shift; exec chroot "$root" "$@"' bash "$work" "$@"
}

case ${1:-} in install) install ;; run) shift; run "$@" ;; *) sed -n 2,5p "$0"; exit 2 ;; esac
