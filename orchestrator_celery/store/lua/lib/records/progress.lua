-- Records of progress: see orchestrator_celery/records/progress.py.
local function write_progress(at, done, total, message) return table.concat({ at, done, total, message }, '|') end

local function parse_progress(record) -- nil if it is damaged: a report must not hold up the end of its task
  local _, done, total, message = record:match('^([^|]*)|([^|]*)|([^|]*)|(.*)$')
  return tonumber(done) and { done = done, total = total, message = message }
end
