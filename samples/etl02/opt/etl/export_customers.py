"""Exports each customer's month; every customer stands alone, and there are more each month."""

import sys
from pathlib import Path

import boto3
import requests

bucket = boto3.client("s3")
customers = Path(sys.argv[1]).read_text().split()
for customer in customers:
    report = requests.get(f"https://reports.example.net/v2/{customer}", timeout=300)
    bucket.put_object(Bucket="example-exports", Key=f"{customer}.pdf", Body=report.content)
