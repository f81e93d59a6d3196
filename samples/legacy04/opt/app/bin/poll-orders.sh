#!/bin/bash
curl -fsS --max-time 10 https://orders.example.org/api/next?limit=20
