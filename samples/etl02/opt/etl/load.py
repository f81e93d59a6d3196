"""Loads the facts into the warehouse."""

import os

import psycopg2

connection = psycopg2.connect(host=os.environ["PGHOST"], dbname="warehouse")
with open("/data/ready/facts.csv") as stream, connection.cursor() as cursor:
    cursor.copy_expert("COPY facts FROM STDIN CSV HEADER", stream)
connection.commit()
