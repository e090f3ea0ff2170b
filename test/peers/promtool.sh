#!/usr/bin/env bash
# Fetches Prometheus's promtool from Debian once, without installing anything, and prints its path. PEER_DIR keeps it.
set -euo pipefail
D=${PEER_DIR:-/var/tmp/tug-peers}/promtool
[ -x "$D/promtool" ] && { echo "$D/promtool"; exit; }
mkdir -p "$D"; cd "$D"; exec 9>lock; flock 9
[ -x promtool ] && { echo "$D/promtool"; exit; }
apt-get -o APT::Sandbox::User=root download prometheus >log 2>&1 || { apt-get update -qq >>log 2>&1; apt-get -o APT::Sandbox::User=root download prometheus >>log 2>&1; }
dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xO ./usr/bin/promtool >promtool.new
chmod +x promtool.new; mv promtool.new promtool; rm -f prometheus_*.deb
echo "$D/promtool"
