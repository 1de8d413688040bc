-- Short records of items that have ended: see orchestrator_celery/records/pools/short_ends.py.
local function write_short_end(state, process, begun, lasted, waits)
  return string.format('%s%d|%x|%x|%s', state, process, begun, lasted, waits)
end

local function is_short_end(record) return record:find('^%u%d') ~= nil end

-- The end of an item, in milliseconds since the epoch; nil for a record that is not short.
local function short_end_moment(record)
  local process, begun, lasted = record:match('^%u(%d+)|(%x+)|(%x+)|')
  if not process then return nil end
  local base = redis.call('HGET', ended_key, BESIDE.process .. process):match('^%d+')
  return string.format('%.0f', base + tonumber(begun, 16) + tonumber(lasted, 16))
end

local function number_of_process(worker, index, base) -- nil if it gets none, see the Python module
  local known = redis.call('HGET', ended_key, BESIDE.number .. worker)
  if known then return known end
  local count = tonumber(redis.call('HGET', ended_key, BESIDE.processes) or 0)
  if index < SHORT_END.first + SHORT_END.each * count then return nil end
  known = count + 1
  redis.call('HSET', ended_key, BESIDE.processes, known, BESIDE.number .. worker, known,
    BESIDE.process .. known, base .. ' ' .. worker)
  return known
end
