#!/bin/sh
# Makes the database at its first start, in whatever is mounted on /var/lib/mysql, and serves it.
set -eu
data=/var/lib/mysql
mkdir -p /run/mysqld
chown mysql:mysql "$data" /run/mysqld
if [ ! -d "$data/mysql" ]; then
  mariadb-install-db --user=mysql --datadir="$data" --skip-test-db >/dev/null
  cat >/run/first.sql <<SQL
CREATE DATABASE wordpress;
CREATE USER 'wordpress'@'%' IDENTIFIED BY '$(cat "${PASSWORD_FILE:-/run/secrets/password}")';
GRANT ALL ON wordpress.* TO 'wordpress'@'%';
SQL
  set -- --init-file=/run/first.sql
fi
exec mariadbd --user=mysql --datadir="$data" --bind-address=0.0.0.0 --skip-name-resolve "$@"
