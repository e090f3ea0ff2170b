#!/usr/bin/env bash
# A database and WordPress from Debian's packages, joined in two ways and with their data in three places; whatever is removed and made
# anew, the post that was written at the beginning is there.
#   run.sh          all of it, one after another; each step says what it found
#   run.sh link | network | container    one of them
#   run.sh clean    takes away what was made, but for the images
# $TUG is the command line (default tug), $PORT where the site is published (default 8087), $CACHE where images are kept.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tug=${TUG:-tug}
port=${PORT:-8087}
site=http://127.0.0.1:$port
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(umask 077 && echo 'a-password-of-the-example' >"$work/password")
secret=(--secret "id=password,src=$work/password")

until_it_does() {
  local tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 120 ] || { echo "waited in vain: $*" >&2; return 1; }
    sleep 0.5
  done
}

says() { curl -fsL --max-time 30 "$1" 2>/dev/null | grep -q "$2"; }

# WordPress is set up, and a post written, by what a browser and an editor send.
set_up() {
  until_it_does says "$site/wp-admin/install.php" 'WordPress'
  curl -fs --max-time 60 "$site/wp-admin/install.php?step=2" -o "$work/answer" \
    -d weblog_title=Example -d user_name=writer -d admin_password=p4ss-of-the-writer -d admin_password2=p4ss-of-the-writer \
    -d pw_weak=1 -d admin_email=writer@example.org -d language=
  grep -q 'Success' "$work/answer"
}

write_post() {
  local member='<member><name>%s</name><value><string>%s</string></value></member>'
  {
    printf '<?xml version="1.0"?><methodCall><methodName>wp.newPost</methodName><params>'
    printf '<param><value><int>1</int></value></param><param><value><string>writer</string></value></param>'
    printf '<param><value><string>p4ss-of-the-writer</string></value></param><param><value><struct>'
    # shellcheck disable=SC2059
    printf "$member" post_title "$1" post_content "This was written to stay: $1." post_status publish
    printf '</struct></value></param></params></methodCall>'
  } >"$work/post.xml"
  curl -fs --max-time 60 -H 'Content-Type: text/xml' --data-binary "@$work/post.xml" "$site/xmlrpc.php" | grep -q '<string>[0-9]*</string>'
}

is_there() { until_it_does says "$site/?s=$1" "This was written to stay: $1"; }

down() { "$tug" rm -f blog-db blog-web >/dev/null 2>&1 || true; }

# up DATABASE_OPTION… -- SITE_OPTION…
up() {
  local database=()
  while [ "$1" != -- ]; do database+=("$1"); shift; done
  shift
  "$tug" run -d --name blog-db "${secret[@]}" "${database[@]}" blog-database >/dev/null
  "$tug" run -d --name blog-web "${secret[@]}" -p "127.0.0.1:$port:80" "$@" blog-site >/dev/null
}

# Twice up with the same data, a post in between: stays NAME DATABASE_OPTION… -- SITE_OPTION…
stays() {
  local name=$1
  shift
  down
  up "$@"
  set_up
  write_post "$name"
  is_there "$name"
  down
  up "$@"
  is_there "$name"
  down
  echo "$name: the post is there after both containers were removed and made anew"
}

link() {
  local data=$work/data
  mkdir -p "$data"
  stays link-and-host-directory -v "$data:/var/lib/mysql" -- --link blog-db:mysql -e DB_HOST=mysql
}

network() {
  "$tug" network create blog-net >/dev/null
  "$tug" volume create blog-data >/dev/null
  stays network-and-named-volume --network blog-net --network-alias db -v blog-data:/var/lib/mysql -- --network blog-net -e DB_HOST=db
  "$tug" network rm blog-net >/dev/null
  "$tug" volume rm blog-data >/dev/null
}

container() {
  "$tug" network create blog-net >/dev/null
  "$tug" create --name blog-files -v /var/lib/mysql blog-database true >/dev/null
  stays volume-container --network blog-net --volumes-from blog-files -- --network blog-net -e DB_HOST=blog-db
  "$tug" rm -v blog-files >/dev/null
  "$tug" network rm blog-net >/dev/null
}

clean() {
  down
  "$tug" rm -fv blog-files >/dev/null 2>&1 || true
  "$tug" network rm blog-net >/dev/null 2>&1 || true
  "$tug" volume rm blog-data >/dev/null 2>&1 || true
}

if [ "${1:-}" = clean ]; then clean; exit; fi
TUG=$tug "$here/images.sh"
for way in "${@:-link network container}"; do
  for one in $way; do "$one"; done
done
