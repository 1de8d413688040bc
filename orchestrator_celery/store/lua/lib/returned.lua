-- Items that runners have returned to their pool, see orchestrator_celery/records/pool.py.
-- Items of this call stand in the record of the pool until the call ends, so that the text is written once.
local function returned_items(pool_id)
  local pool, before = pools[pool_id], redis.call('HGET', active_key, pool_id .. BESIDE.returned) or ''
  return pool and pool.returned and before .. table.concat(pool.returned) or before
end

-- Looks at returned items, the first one first, and forgets them, as long as `take(node, live)` wants more; returns whether some are
-- left. An item that has ended or was taken out is on the list still.
local MOST_LOOKED_AT = 500
local function look_at_returned(pool_id, take)
  local returned, place, seen, wants = returned_items(pool_id), 1, 0, true
  while place <= #returned and seen < MOST_LOOKED_AT and wants do
    local index, after = returned:match('^(%d+) ()', place)
    local node = pool_id .. '.' .. index
    local live = get_live(node)
    if live then wants = take(node, live) end
    place, seen = after, seen + 1
  end
  if place == 1 then return false end
  redis.call('HSET', active_key, pool_id .. BESIDE.returned, returned:sub(place))
  if pools[pool_id] then pools[pool_id].returned = nil end
  return place <= #returned
end
