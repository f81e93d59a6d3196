<?php
// Looks for new order files of the partner and books them.
$config = [
    'host' => 'db01.shop.internal',
    'user' => 'import',
    'password' => 'Eibe!77-import',
];
foreach (glob($argv[1] . '/*.xml') as $file) {
    $order = simplexml_load_file($file);
    $db = new PDO("mysql:host={$config['host']};dbname=shop", $config['user'], $config['password']);
    $db->prepare('INSERT IGNORE INTO orders (reference, body) VALUES (?, ?)')
       ->execute([(string) $order->reference, $order->asXML()]);
    unlink($file);
}
