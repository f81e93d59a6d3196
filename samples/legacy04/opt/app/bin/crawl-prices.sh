#!/bin/bash
# their server is restarted at a quarter to two
sleep 600
wget -q -r -l 2 -P /tmp/crawl https://competitor.example.com/catalogue/
