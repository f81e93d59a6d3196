#!/bin/sh
set -e
curl -fsS https://intel.example.net/v1/scanners.txt > /etc/haproxy/blocklist.lst
systemctl reload haproxy
