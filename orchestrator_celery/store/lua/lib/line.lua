-- The line of a pool whose items differ in priority: waiting items as ranges of indexes, see orchestrator_celery/records/pool.py.
-- A million items of one priority are one entry. In other pools items start by index, and nothing is kept.
local function score_of(priority, index)
  return string.format('%.0f', (PRIORITY.high - priority) * PRIORITY.span + index)
end

local function ceiling_of(priority) return '(' .. score_of(priority - 1, 0) end

local function line_of(pool_id) return root .. KEY.line .. pool_id end

local function parse_range(entry)
  local first, last = entry:match('^(%d+)-(%d+)$')
  return tonumber(first), tonumber(last)
end

local function put_range(pool_id, priority, first, last)
  redis.call('ZADD', line_of(pool_id), score_of(priority, first), first .. '-' .. last)
end

-- The last range of a priority that begins at or before an index: first, last, entry.
local function range_before(pool_id, priority, index)
  local entry = redis.call('ZREVRANGEBYSCORE', line_of(pool_id), score_of(priority, index), score_of(priority, 0),
    'LIMIT', 0, 1)[1]
  if not entry then return nil end
  local first, last = parse_range(entry)
  return first, last, entry
end

local function line_up(pool_id, priority, first, last)
  local before_first, before_last, entry = range_before(pool_id, priority, first)
  if before_first and before_last == first - 1 then -- one range with the one before it
    redis.call('ZREM', line_of(pool_id), entry)
    first = before_first
  end
  put_range(pool_id, priority, first, last)
end
