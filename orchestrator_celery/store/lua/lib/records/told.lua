-- The message that told Celery the end of a run: see orchestrator_celery/records/head/fields.py.
local function write_told(attempt, place) return attempt .. ' ' .. place end

local function parse_told(told) -- a run that ended before this was recorded was told by its first attempt
  local attempt, place = (told or '1'):match('^(%d+) ?(.*)$')
  return attempt, place
end
