<?php
// Turns the night's orders into a spreadsheet.
require '/srv/shop/vendor/autoload.php';

[$_, $input, $output] = $argv;
$rows = array_map('str_getcsv', file($input));
$writer = new \OpenSpout\Writer\XLSX\Writer();
$writer->openToFile($output);
foreach ($rows as $row) {
    $writer->addRow(\OpenSpout\Common\Entity\Row::fromValues($row));
}
$writer->close();
