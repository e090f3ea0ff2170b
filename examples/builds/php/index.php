<?php
$db = new SQLite3(':memory:');
$db->exec("CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('PHP'), ('built')");
$found = $db->query('SELECT group_concat(word, ", ") FROM words')->fetchArray();
echo $found[0], "\n";
