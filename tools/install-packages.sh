#!/usr/bin/env bash
# Installs the Debian packages that the first run and the tests use; the engine itself needs none of them.
set -euo pipefail
packages=(btrfs-progs buildah busybox-static bzip2 ca-certificates crun curl dbus-daemon debootstrap dnsmasq-base docker-registry git iproute2 iptables nftables openssh-client podman rsyslog runc skopeo systemd tmux xz-utils zstd)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
command -v cc >/dev/null || missing+=(gcc libc6-dev)
[ ${#missing[@]} -gt 0 ] || exit 0
echo "setup: installing ${missing[*]}"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
