#!/bin/bash
# Three hours of number crunching over the order history of a year.
set -e
cd /opt/analytics
mysql -h db01.shop.internal -u analytics shop -e 'SELECT customer, product FROM orders' > /var/lib/analytics/history.tsv
python3 train.py --input /var/lib/analytics/history.tsv --state /var/lib/analytics/model.pkl
rsync -a /var/lib/analytics/model.pkl app01.shop.internal:/srv/models/
