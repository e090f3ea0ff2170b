#!/bin/sh
# Puts the executable and its systemd units in place: DESTDIR=… PREFIX=/usr/local tools/install.sh
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
prefix=${PREFIX:-/usr/local}
units=${UNITDIR:-$prefix/lib/systemd/system}
install -D -m 755 "$root/dist/tug" "${DESTDIR:-}$prefix/bin/tug"
mkdir -p "${DESTDIR:-}$units"
for unit in "$root"/packaging/systemd/*; do
  sed "s|@bindir@|$prefix/bin|" "$unit" >"${DESTDIR:-}$units/$(basename "$unit")"
done
if [ -z "${DESTDIR:-}" ]; then
  getent group docker >/dev/null || groupadd --system docker
  if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
  echo "installed; to start it at boot and when somebody calls: systemctl enable --now tug.socket tug.service"
fi
