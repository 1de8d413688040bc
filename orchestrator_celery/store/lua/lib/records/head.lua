-- Small formats in the head: see orchestrator_celery/records/head.py.
local function write_told(attempt, place) return attempt .. ' ' .. place end

local function parse_told(told) -- a run that ended before this was recorded was told by its first attempt
  local attempt, place = (told or '1'):match('^(%d+) ?(.*)$')
  return attempt, place
end

local function write_stop(signal, grace) return table.concat({ now, signal, grace }, ' ') end

local function write_detach(run, input) return run .. ' ' .. input end

local function task_id(node, attempt) return root:match('{(.*)}$') .. ':' .. node .. ':' .. attempt end
