-- Writes the records of the pools that a call has read.
-- Priorities of the items that never started: a retry lines them up again.
local function priorities_left(pool_id)
  local found = {}
  for _, priority in ipairs({ PRIORITY.low, PRIORITY.high }) do
    local entries = redis.call('ZRANGEBYSCORE', line_of(pool_id), score_of(priority, 0), ceiling_of(priority))
    for _, entry in ipairs(entries) do found[#found + 1] = priority .. ':' .. entry end
  end
  return table.concat(found, ' ')
end

local function write_gone_pool(pool_id, pool)
  redis.call('HSET', ended_key, pool_id .. BESIDE.pool_end, write_pool_end(pool))
  redis.call('HDEL', active_key, pool_id, pool_id .. BESIDE.returned)
  if pool.mixed and pool.next < pool.size then
    redis.call('HSET', ended_key, pool_id .. BESIDE.line_left, priorities_left(pool_id))
  end
  if pool.mixed then redis.call('UNLINK', line_of(pool_id)) end
end

flush_pools = function()
  for pool_id, pool in pairs(pools) do
    local record = write_pool(pool)
    if pool.dropped then
      redis.call('HDEL', active_key, pool_id)
    elseif pool.gone then
      write_gone_pool(pool_id, pool)
    else
      if record ~= pool.record then redis.call('HSET', active_key, pool_id, record) end
      if pool.returned then redis.call('HSET', active_key, pool_id .. BESIDE.returned, returned_items(pool_id)) end
    end
  end
end
