-- A retry looks at the items of one pool, and counts those that stay.
local ITEMS_AT_ONCE = 250 -- items that are read at once
local COST = 8 -- of a failure that is taken back, or of a pool; reading an item costs 1

local function look_at_pool(pool, text) -- returns the cost
  local taken = 0
  count_chunk(pool.pool, pool, ITEMS_AT_ONCE, text, pool.was_mixed, pool.takes and function(item, record)
    taken = taken + 1
    take_back_failed(item, record)
    return true
  end)
  if pool.next >= pool.size then
    redis.call('HDEL', ended_key, pool.pool .. BESIDE.line_left)
    write_counted(pool.pool, pool.done, pool.failed, pool.first_error)
  end
  return ITEMS_AT_ONCE + (taken + 1) * COST
end
