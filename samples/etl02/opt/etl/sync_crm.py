"""Fetches what changed in the CRM since the last run and remembers how far it came."""

import json
from pathlib import Path

import requests

STATE = Path("/var/lib/etl/crm-cursor.json")
cursor = json.loads(STATE.read_text())["cursor"] if STATE.exists() else None
while True:
    page = requests.get("https://crm.example.com/api/changes", params={"after": cursor}, timeout=120).json()
    requests.post("https://warehouse.example.net/crm", json=page["rows"], timeout=120)
    cursor = page["next"]
    STATE.write_text(json.dumps({"cursor": cursor}))
    if not page["more"]:
        break
