<?php
$db = new PDO('mysql:host=db02.shop.internal;dbname=shop', 'loader', getenv('LOADER_PASSWORD'));
$feed = simplexml_load_file($argv[1]);
foreach ($feed->product as $product) {
    $db->prepare('UPDATE price SET net = ? WHERE sku = ?')->execute([(string) $product->net, (string) $product->sku]);
}
