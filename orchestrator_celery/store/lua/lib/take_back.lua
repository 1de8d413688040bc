-- Failures are taken back: nodes that failed are as if they had not begun; nodes that succeeded stay. What is below a node is
-- looked at later.
local function take_back_pool(pool_id, takes) -- its items are looked at later; without `takes` its failed ones stay
  local record = redis.call('HGET', ended_key, pool_id .. BESIDE.pool_end)
  if not record then return end -- a chord's body, which has not begun
  local pool = parse_pool_end(record)
  redis.call('HDEL', ended_key, pool_id .. BESIDE.pool_end)
  redis.call('HSET', ended_key, pool_id .. BESIDE.size_before, record)
  forget_runners(pool_id, pool)
  redis.call('UNLINK', line_of(pool_id))
  left[#left + 1] = { pool = pool_id, takes = takes, was_mixed = mixed and true, size = pool.size, next = 0, done = 0, failed = 0 }
  write_counted(pool_id, 0, 0) -- whoever deletes the run now finds its line
end

local function take_back_failed(node, record)
  redis.call('HDEL', ended_key, node)
  local definition = definition_of(node)
  local shape = shape_of(definition)
  if shape == SHAPE.graph then return take_back_graph(node) end
  if shape == SHAPE.pool then return take_back_pool(node, true) end
  if shape == SHAPE.approval then return redis.call('HINCRBY', root, HEAD.failed, -1) end
  if shape ~= SHAPE.leaf then
    left[#left + 1] = { steps = node, size = number(definition, ATTRIBUTE.size), next = 0 }
  elseif ended_attempt(record) > 0 then -- else the body of a chord whose header failed
    end_attempts(node, ended_attempt(record))
    restore_definition(node)
    redis.call('HINCRBY', root, HEAD.failed, -1)
  end
end

local function take_back_if_failed(node)
  local record = redis.call('HGET', ended_key, node)
  if record and ended_state(record) == STATE.failed then take_back_failed(node, record) end
end
