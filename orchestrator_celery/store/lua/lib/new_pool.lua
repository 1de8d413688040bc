-- A pool begins: the record of a group or swarm that has not started.
local function new_pool(pool_id, definition, input, is_lined_up)
  local pool = {
    size = number(definition, ATTRIBUTE.size), next = 0, done = 0, failed = 0, first_error = nil,
    open = attribute(definition, ATTRIBUTE.open) == '1', stopped = false, since = now, input = input,
    held = { 0, 0, 0 }, runners = 0, called = 0,
  }
  -- A runner of a pool that begins again has another id than any before, so that no old message fits it.
  if ahead then pool.called = tonumber(redis.call('HGET', ended_key, pool_id .. BESIDE.called) or 0) end
  pools[pool_id] = pool
  local is_mixed = attribute(definition, ATTRIBUTE.priorities) or attribute(definition, ATTRIBUTE.slots)
  if is_mixed and not is_lined_up then
    mix(pool_id, pool, redis.call('HGET', definitions_key, pool_id .. '.' .. PLACE.priorities))
  end
  return pool
end
