#!/bin/bash
curl -fsS -X POST https://search.shop.internal:9200/_reindex?wait_for_completion=true
