"""Trains the recommendation model; picks up last week's model and improves it."""

import argparse
import pickle
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--input")
parser.add_argument("--state")
args = parser.parse_args()

state = Path(args.state)
model = pickle.loads(state.read_bytes()) if state.exists() else {}
for line in Path(args.input).read_text().splitlines():
    customer, product = line.split("\t")
    model.setdefault(product, np.zeros(64))[hash(customer) % 64] += 1
state.write_bytes(pickle.dumps(model))
