#!/bin/bash
# Takes in what suppliers dropped; nearly always there is nothing.
shopt -s nullglob
for file in /srv/sftp/inbox/*.csv; do
  psql -h localhost -d warehouse -c "\\copy inbox FROM '$file' CSV" && mv "$file" /srv/sftp/archive/
done
