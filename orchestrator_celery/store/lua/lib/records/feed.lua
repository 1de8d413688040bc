-- An entry of the feed of all runs, as XREVRANGE answers it: see orchestrator_celery/records/streams/feed.py.
local function number_of_entry(entry) -- its first field; 0 where there is no entry
  local fields = entry and entry[2]
  return fields and tonumber(fields[2]) or 0
end
