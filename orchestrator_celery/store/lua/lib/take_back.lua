-- Failures are taken back: nodes that failed are as if they had not begun; nodes that succeeded stay.
local function take_back_pool(pool_id) -- returns its number of items
  local record = redis.call('HGET', ended_key, pool_id .. BESIDE.pool_end)
  if not record then return 0 end -- a chord's body, which has not begun
  local pool = parse_pool_end(record)
  redis.call('HDEL', ended_key, pool_id .. BESIDE.pool_end)
  redis.call('HSET', ended_key, pool_id .. BESIDE.size_before, record)
  forget_runners(pool_id, pool)
  return pool.size
end

take_back_below = function(node)
  local record = redis.call('HGET', ended_key, node)
  if not record or ended_state(record) ~= STATE.failed then return end
  redis.call('HDEL', ended_key, node)
  local definition = definition_of(node)
  local shape = shape_of(definition)
  if shape == SHAPE.graph then return take_back_graph(node) end
  if shape == SHAPE.approval then return redis.call('HINCRBY', root, HEAD.failed, -1) end
  if shape ~= SHAPE.leaf then
    local size = shape == SHAPE.pool and take_back_pool(node) or number(definition, ATTRIBUTE.size)
    for i = 0, size - 1 do take_back_below(node .. '.' .. i) end
  elseif ended_attempt(record) > 0 then -- else the body of a chord whose header failed
    end_attempts(node, ended_attempt(record))
    restore_definition(node)
    redis.call('HINCRBY', root, HEAD.failed, -1)
  end
end
