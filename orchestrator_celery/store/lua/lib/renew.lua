-- The callbacks of a node that ends again after a retry are called again, however they ended the first time.
local function renew(node)
  local record, live, definition = redis.call('HGET', ended_key, node), get_live(node), definition_of(node)
  local shape = shape_of(definition)
  redis.call('HDEL', ended_key, node)
  if shape == SHAPE.leaf or shape == SHAPE.approval then
    local last = math.max(live and live.attempt or 0, record and ended_attempt(record) or 0)
    if last > past_attempts(node) then end_attempts(node, last) end
    return redis.call('HDEL', live_key, node)
  end
  if shape == SHAPE.graph then return renew_graph(node) end
  local ended, active = redis.call('HGET', ended_key, node .. BESIDE.pool_end), redis.call('HGET', active_key, node)
  if not record and not active then return end -- it has not begun
  local pool = ended and parse_pool_end(ended) or active and is_pool_record(active) and parse_pool(active)
  if pool then forget_runners(node, pool) end
  redis.call('HDEL', ended_key, node .. BESIDE.pool_end)
  redis.call('HDEL', active_key, node, node .. BESIDE.returned)
  pools[node] = nil
  if withdrawn then set_failing(node, nil) end
  for i = 0, (pool and pool.size or number(definition, ATTRIBUTE.size)) - 1 do renew(node .. '.' .. i) end
end

local function call(callback, input)
  if ahead then renew(callback) end
  return activate(callback, input)
end
