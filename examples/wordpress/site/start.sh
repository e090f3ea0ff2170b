#!/bin/sh
# WordPress, served by PHP, once the database answers.
set -eu
until php -r 'mysqli_report(0); exit(@mysqli_connect(getenv("DB_HOST"), "wordpress", trim(file_get_contents(getenv("PASSWORD_FILE") ?: "/run/secrets/password")), "wordpress") ? 0 : 1);'; do
  sleep 0.3
done
export PHP_CLI_SERVER_WORKERS=2
exec php -S 0.0.0.0:80 -t /usr/share/wordpress
