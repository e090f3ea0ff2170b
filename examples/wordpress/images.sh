#!/usr/bin/env bash
# Makes the images `blog-database` and `blog-site` from Debian's packages, or takes them from $CACHE where they were made before.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tug=${TUG:-tug}
cache=${CACHE:-$here/../../.cache}
mkdir -p "$cache"

# image NAME PACKAGES FILE:PLACE… — Debian with packages and files; /start.sh is what it runs.
image() {
  local name=$1 packages=$2 work="$1-in-the-making"
  shift 2
  "$tug" image inspect "$name" >/dev/null 2>&1 && return
  local tar=$cache/$name.tar
  if [ -e "$tar" ] && [ -z "$(find "$here" -newer "$tar" -name '*.sh' -o -newer "$tar" -name '*.php')" ]; then
    "$tug" load -q -i "$tar" >/dev/null
    return
  fi
  TUG=$tug CACHE=$cache "$here/../debian.sh"
  "$tug" rm -f "$work" >/dev/null 2>&1 || true
  # Services are not to be started by their installation.
  "$tug" run --name "$work" -e DEBIAN_FRONTEND=noninteractive debian:bookworm sh -euc "
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends $packages
    apt-get clean; rm -rf /var/lib/apt/lists/* /var/lib/mysql/*" >"$cache/$name.log" 2>&1
  for file; do "$tug" cp -q "$here/${file%%:*}" "$work:${file#*:}"; done
  "$tug" commit -c 'CMD ["/start.sh"]' "$work" "$name" >/dev/null
  "$tug" rm "$work" >/dev/null
  "$tug" save -o "$tar.new" "$name"
  mv "$tar.new" "$tar"
}

image blog-database mariadb-server database/start.sh:/start.sh
image blog-site 'wordpress wordpress-theme-twentytwentythree php-cli php-mysql php-xml' site/start.sh:/start.sh site/wp-config.php:/usr/share/wordpress/wp-config.php
