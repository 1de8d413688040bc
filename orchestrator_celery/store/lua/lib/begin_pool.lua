-- A group or swarm begins, or begins again after a retry. After a retry it takes items if it did so when it ended.
local function begin_pool(pool_id, definition, input)
  local size_before = ahead and redis.call('HGET', ended_key, pool_id .. BESIDE.size_before)
  local counted = size_before and read_counted(pool_id)
  local pool = new_pool(pool_id, definition, input, counted)
  if not size_before then return pool end
  redis.call('HDEL', ended_key, pool_id .. BESIDE.size_before)
  if size_before ~= '' then -- empty for a pool that has not begun before
    local before = parse_pool_end(size_before)
    pool.size, pool.draining = before.size, before.open == OPEN.draining
    pool.open = pool.draining or before.open == OPEN.open
  end
  if counted then
    redis.call('HDEL', active_key, pool_id .. BESIDE.counted)
    mix(pool_id, pool, '')
    pool.done, pool.failed, pool.first_error = counted.done, counted.failed, counted.first_error
    pool.next = pool.done
  else -- an earlier release has retried it, or created the run
    local priorities = redis.call('HGET', ended_key, pool_id .. BESIDE.line_left)
      or redis.call('HGET', definitions_key, pool_id .. '.' .. PLACE.priorities)
    local may_be_drawn = mixed
    redis.call('UNLINK', line_of(pool_id))
    pool.mixed = false
    mix(pool_id, pool, '')
    recount(pool_id, pool, priorities or '', may_be_drawn)
    redis.call('HDEL', ended_key, pool_id .. BESIDE.line_left)
  end
  local stop_after = number(definition, ATTRIBUTE.stop_after)
  pool.stopped = stop_after ~= nil and pool.failed >= stop_after
  return pool
end

local function start_pool(pool_id, definition, input)
  local pool = begin_pool(pool_id, definition, input)
  pump(pool_id, definition, pool)
  return end_if_done(pool_id, definition, pool)
end
