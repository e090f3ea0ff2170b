#!/usr/bin/env bash
# `make run`: an engine (started if none answers), an image made on the spot, and a real container that says where it is.
set -euo pipefail
cd "$(dirname "$0")/.."
tug=dist/tug
image=tug/hello:latest
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

"$tug" version >/dev/null
echo "engine:    $("$tug" version --format '{{.Server.Version}}') answers on ${DOCKER_HOST:-unix:///run/tug/tug.sock}"

mkdir -p "$root"/{bin,dev,etc,proc,root,sys,tmp,usr/bin,var}
cp /bin/busybox "$root/bin/busybox"
for applet in $(/bin/busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"; done
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nnobody:x:65534:\n' >"$root/etc/group"
tar -C "$root" --numeric-owner --owner=0 --group=0 -c . | "$tug" import --change 'CMD ["sh"]' - "$image" >/dev/null
echo "image:     $image, made here from busybox"

# shellcheck disable=SC2016
"$tug" run --rm --name "tug-hello-$$" "$image" sh -c '
  echo "container: hello from $(hostname), process $$ of $(ls -d /proc/[0-9]* | wc -l)"
  echo "address:   $(ip -4 -o addr show eth0 | tr -s " " | cut -d" " -f4)"
  echo "root:      $(ls / | tr "\n" " ")"'
start=$(date +%s%N)
"$tug" run --rm "$image" true
echo "speed:     a whole 'tug run --rm $image true' took $((($(date +%s%N) - start) / 1000000)) ms"
cat <<EOF

The engine keeps running. Use it with tug itself, or with Docker's own client:
  $PWD/$tug run -it $image
  DOCKER_HOST=unix:///run/tug/tug.sock docker run -it $image
EOF
