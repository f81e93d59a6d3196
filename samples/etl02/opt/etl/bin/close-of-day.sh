#!/bin/bash
# Closing prices into the warehouse
curl -fsS "https://prices.example.com/eod?key=pk_live_51HqT0zB9eXlwVvR2" -o /tmp/eod.json
psql -h localhost -d warehouse -f /opt/etl/sql/load_eod.sql
