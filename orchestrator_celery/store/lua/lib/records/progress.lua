-- Records of progress: see orchestrator_celery/records/progress.py.
local function write_progress(at, done, total, message) return table.concat({ at, done, total, message }, '|') end

local function parse_progress(record)
  local _, done, total, message = record:match('^([^|]*)|([^|]*)|([^|]*)|(.*)$')
  return { done = done, total = total, message = message }
end
