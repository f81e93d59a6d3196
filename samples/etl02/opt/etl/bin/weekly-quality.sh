#!/bin/bash
# Compares row counts with the source systems, eight tables at a time
cat /opt/etl/tables.txt | xargs -P 8 -I{} /usr/bin/python3 /opt/etl/check_table.py {}
