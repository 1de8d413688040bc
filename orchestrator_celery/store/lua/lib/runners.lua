-- Runners: messages of the package itself, each of which processes several items of a batched pool, one after the other.
local MOST_RUNNERS = 32 -- at once, where the pool has no bound of its own

local function is_batched(definition, pool) return attribute(definition, ATTRIBUTE.batch) and not pool.singly end

-- A composite item, and an item with options of its own, has messages of its own.
local function fits_in_runner(item_definition)
  return shape_of(item_definition) == SHAPE.leaf and not attribute(item_definition, ATTRIBUTE.singly)
end

local function call_runner(pool_id, pool)
  local runner = pool_id .. '.' .. PLACE.runner .. pool.called
  pool.runners, pool.called = pool.runners + 1, pool.called + 1
  queue(runner, new_live(STATE.queued, base + 1, ',', ''), definition_of(runner), 0)
end

local function returned_items(pool_id) return redis.call('HGET', active_key, pool_id .. BESIDE.returned) or '' end

local function call_runners(pool_id, definition, pool)
  local cap = number(definition, ATTRIBUTE.max_concurrency)
  local each = cap and 1 or number(definition, ATTRIBUTE.batch) or 1
  local _, returned = returned_items(pool_id):gsub(' ', '')
  local wanted = math.min(cap or MOST_RUNNERS, math.ceil((pool.size - pool.next + returned) / each))
  local called = 0
  while pool.runners < wanted and (pool.runners == 0 or not is_burst_over(called)) do
    call_runner(pool_id, pool)
    called = called + 1
  end
  if pool.runners < wanted then more_later(pool_id) end
end

-- When a pool has ended, runners that no worker has claimed are not needed any more.
local function dismiss_runners(pool_id)
  local entries = redis.call('HGETALL', live_key)
  for i = 1, #entries, 2 do
    if pool_of_runner(entries[i]) == pool_id and live_state(entries[i + 1]) == STATE.queued then
      redis.call('HDEL', live_key, entries[i])
    end
  end
end
