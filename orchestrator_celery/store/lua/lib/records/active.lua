-- Records of composites that are under way: see orchestrator_celery/records/active.py.
local function write_steps() return 'C|' .. now end

local function since_of_steps(record) return record:match('^C|(%d+)') end

local function since_of(record) -- when any composite began
  if is_pool_record(record) then return parse_pool(record).since end
  return record:match('^%u|(%d+)')
end
