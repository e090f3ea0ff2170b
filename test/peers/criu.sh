#!/usr/bin/env bash
# Fetches CRIU of Debian sid once (an older one does not know the vDSO of newer kernels), without installing anything, and prints a
# directory for PATH. It runs with the libraries of the peer's root, which dockerd.sh makes. PEER_DIR keeps it.
set -euo pipefail
D=${PEER_DIR:-/var/tmp/tug-peers}; R=$D/sid; C=$D/criu
mkdir -p "$C"; exec 9>"$C/lock"; flock 9
[ -x "$C/bin/criu" ] && { echo "$C/bin"; exit; }
[ -e "$R/.done" ] || { "$(dirname "$0")/dockerd.sh" start >/dev/null; }
mkdir -p "$C/debs/partial" "$C/root" "$C/bin"
unshare -m --propagation private bash -euc "
  mount -t tmpfs tmpfs $R/mnt; mkdir $R/mnt/debs; mount --bind $C/debs $R/mnt/debs; mount -t proc proc $R/proc
  mount --bind /etc/resolv.conf $R/etc/resolv.conf
  get() { chroot $R env PATH=/usr/sbin:/usr/bin:/sbin:/bin apt-get -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false \"\$@\"; }
  fetch() { get -o Dir::Cache::archives=/mnt/debs/ -q -y -d --no-install-recommends install criu; }
  fetch || { get -qq update; fetch; }" >"$C/log" 2>&1
for deb in "$C"/debs/*.deb; do dpkg-deb -x "$deb" "$C/root"; done
cat >"$C/bin/criu.new" <<END
#!/bin/sh
exec $R/lib64/ld-linux-x86-64.so.2 --library-path $C/root/usr/lib/x86_64-linux-gnu:$R/usr/lib/x86_64-linux-gnu $C/root/usr/sbin/criu "\$@"
END
chmod +x "$C/bin/criu.new"; mv "$C/bin/criu.new" "$C/bin/criu"; rm -rf "$C/debs"
echo "$C/bin"
