#!/bin/sh
# Fills the database. Can be run again: it starts from an empty list.
set -eu
redis-cli -h db DEL goods
redis-cli -h db RPUSH goods "12 EUR:rope, ten metres" "49 EUR:lantern" "230 EUR:anchor, small"
echo "the goods are on the shelves"
