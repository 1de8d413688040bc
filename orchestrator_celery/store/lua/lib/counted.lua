-- A pool that is to begin again, or that has lost items before it began: how many of its items have ended is counted before,
-- and the others are in its line. `done failed first_error`; `first_error` is '' without one.
local function write_counted(pool_id, done, failed, first_error)
  redis.call('HSET', active_key, pool_id .. BESIDE.counted, table.concat({ done, failed, first_error or '' }, ' '))
  redis.call('HSET', root, HEAD.mixed, 1)
  mixed = '1'
end

local function read_counted(pool_id) -- nil if nothing was counted
  local record = redis.call('HGET', active_key, pool_id .. BESIDE.counted)
  if not record then return nil end
  local done, failed, first_error = record:match('^(%d+) (%d+) (%d*)$')
  return { done = tonumber(done), failed = tonumber(failed), first_error = tonumber(first_error) }
end
