-- The start of a run: its first tasks, and its deadline, which counts from now.
local function set_deadline()
  local limit = redis.call('HGET', root, HEAD.limit)
  if limit then redis.call('HSET', root, HEAD.deadline, string.format('%.0f', now + limit)) end
end

local function begin_run()
  local has_input = redis.call('HEXISTS', root, HEAD.input) == 1
  set_deadline()
  local pool, definition = get_pool('0'), definition_of('0')
  if not pool then return activate('0', has_input and SOURCE.run or '') end
  pool.since = now -- a swarm that took items while the run waited
  pump('0', definition, pool)
  return end_if_done('0', definition, pool)
end

local function wait_for_start()
  waits = '1'
  redis.call('HSET', root, HEAD.waits, 1)
  local definition = definition_of('0')
  if shape_of(definition) ~= SHAPE.pool then return end
  begin_pool('0', definition, redis.call('HEXISTS', root, HEAD.input) == 1 and SOURCE.run or '')
end
