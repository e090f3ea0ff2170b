<?php
// The database is found by its name, and the site by the name it is called by.
define('DB_NAME', 'wordpress');
define('DB_USER', 'wordpress');
define('DB_PASSWORD', trim(file_get_contents(getenv('PASSWORD_FILE') ?: '/run/secrets/password')));
define('DB_HOST', getenv('DB_HOST'));
define('WP_HOME', 'http://' . ($_SERVER['HTTP_HOST'] ?? 'localhost'));
define('WP_SITEURL', WP_HOME);
define('WP_CONTENT_DIR', '/var/lib/wordpress/wp-content');
// Nothing is asked of anybody outside.
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define($name . '_KEY', hash('sha256', $name . 'key' . DB_PASSWORD));
    define($name . '_SALT', hash('sha256', $name . 'salt' . DB_PASSWORD));
}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', '/usr/share/wordpress/');
}
require_once ABSPATH . 'wp-settings.php';
