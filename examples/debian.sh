#!/usr/bin/env bash
# Makes the image debian:bookworm with debootstrap, or takes it from $CACHE (default .cache) where it was made before.
set -euo pipefail
tug=${TUG:-tug}
cache=${CACHE:-$(cd "$(dirname "$0")/.." && pwd)/.cache}
"$tug" image inspect debian:bookworm >/dev/null 2>&1 && exit
mkdir -p "$cache"
tar=$cache/debian-bookworm.tar
if [ ! -e "$tar" ]; then
  root=$(mktemp -d)
  debootstrap --variant=minbase bookworm "$root" >/dev/null
  chmod 755 "$root"
  rm -rf "$root"/var/cache/apt/archives/*.deb
  tar -C "$root" --numeric-owner -cf "$tar.new" .
  mv "$tar.new" "$tar"
  rm -rf "$root"
fi
"$tug" import -c 'CMD ["bash"]' "$tar" debian:bookworm >/dev/null
