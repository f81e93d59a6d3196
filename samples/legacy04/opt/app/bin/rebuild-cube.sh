#!/bin/bash
psql -h dwh.shop.internal -U reports -d dwh -f /srv/reports/sql/cube.sql
