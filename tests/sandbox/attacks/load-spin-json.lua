-- want: 2 "rule":"cpu-limit"
-- run: render --format ndjson
-- A message about a limit is written when nothing is left of it.
while true do end
