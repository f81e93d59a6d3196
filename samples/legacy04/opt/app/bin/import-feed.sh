#!/bin/bash
# ends at once where the feed has not changed
set -euo pipefail
curl -fsS -z /srv/feed/prices.xml -o /srv/feed/prices.xml https://feeds.example.net/prices.xml
[ -s /srv/feed/prices.xml ] || exit 0
php /opt/app/bin/load-prices.php /srv/feed/prices.xml
