#!/bin/bash
# Asks every gateway to calibrate itself; the gateways do the work
set -eu
for gateway in gw-north gw-south gw-harbour; do
  curl -fsS -X PUT "https://$gateway.example.io/v1/calibrate"
done
