"""Turns the staged rows into facts; expects that extract is through."""

import argparse
from pathlib import Path

import pandas as pd

parser = argparse.ArgumentParser()
parser.add_argument("--in", dest="source")
parser.add_argument("--out")
args = parser.parse_args()

frame = pd.read_csv("/data/staging/rows.csv")
frame.groupby("account").sum().to_csv("/data/ready/facts.csv")
