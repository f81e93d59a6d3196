<?php
// One voucher for every customer who ordered on a Friday.
$api = curl_init('https://vouchers.example.net/v1/issue');
curl_setopt($api, CURLOPT_POSTFIELDS, ['campaign' => 'lucky-friday']);
curl_exec($api);
