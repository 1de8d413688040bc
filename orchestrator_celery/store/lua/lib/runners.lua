-- Runners: messages of the package itself, each of which processes several items of a batched pool, one after the other.
local MOST_RUNNERS = 32 -- at once, where the pool has no bound of its own

local function is_batched(definition, pool) return attribute(definition, ATTRIBUTE.batch) and not pool.singly end

-- A composite item, and an item with options of its own, has messages of its own.
local function fits_in_runner(item_definition)
  return shape_of(item_definition) == SHAPE.leaf and not attribute(item_definition, ATTRIBUTE.singly)
end

local function queue_runner(pool_id, pool) -- returns its number
  local number = pool.called
  local runner = pool_id .. '.' .. PLACE.runner .. number
  pool.runners, pool.called = pool.runners + 1, number + 1
  queue(runner, new_live(STATE.queued, base + 1, ',', ''), definition_of(runner), 0)
  return number
end

local function call_runner(pool_id, pool)
  local listed = runners_before(pool_id, pool)
  list_runners(pool_id, listed, queue_runner(pool_id, pool))
end

local function call_runners(pool_id, definition, pool)
  local cap = number(definition, ATTRIBUTE.max_concurrency)
  local each = cap and 1 or number(definition, ATTRIBUTE.batch) or 1
  local _, returned = returned_items(pool_id):gsub(' ', '')
  local wanted = math.min(cap or MOST_RUNNERS, math.ceil((pool.size - pool.next + returned) / each))
  local listed, called = runners_before(pool_id, pool), {}
  while pool.runners < wanted and (pool.runners == 0 or not is_burst_over(#called)) do
    called[#called + 1] = queue_runner(pool_id, pool)
  end
  list_runners(pool_id, listed, unpack(called))
  if pool.runners < wanted then more_later(pool_id) end
end
