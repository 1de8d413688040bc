-- Starts items of a pool, as many as there are free places for.
local function wants_more(pool) return not pool.gone and not pool.stopped and pool.next < pool.size end

-- Starts one item for the process that has just finished another one: it goes on without a message. No item is started that
-- the process would not take, because a message for each item is what the bulk avoids.
local function pump_one(pool_id, definition, pool)
  local wanted = goes_on_with
  if not wanted or pool.mixed or not wants_more(pool) or not wanted(pool_id .. '.' .. pool.next) then return end
  if is_batched(definition, pool) then return end
  goes_on_with = nil
  local index = pool.next
  draw(pool_id, definition, pool, index)
  pool.pumping = true
  activate(pool_id .. '.' .. index, pool.input)
  pool.pumping = false
end

local function pump(pool_id, definition, pool)
  if waits then return end
  local cap, live = number(definition, ATTRIBUTE.max_concurrency), pool.next - pool.done
  -- An unbounded pool is refilled in bulk once a quarter of its window is free: publications are few and large.
  if not cap and live > 0 and live > window * 3 / 4 then return pump_one(pool_id, definition, pool) end
  local limit, started = cap or window, 0
  -- An item that ends at once comes back here through its parent; `pumping` leaves it to this loop.
  pool.pumping = true
  while wants_more(pool) and pool.next - pool.done < limit and (not is_burst_over(started) or pool.next == pool.done) do
    local index, priority, entry = peek(pool_id, definition, pool)
    if not index then break end
    if is_batched(definition, pool) and fits_in_runner(definition_of(pool_id .. '.' .. index)) then
      call_runners(pool_id, definition, pool)
      break
    end
    draw(pool_id, definition, pool, index, priority, entry)
    started = started + 1
    activate(pool_id .. '.' .. index, pool.input)
  end
  pool.pumping = false
  if is_burst_over(started) and wants_more(pool) and pool.next - pool.done < limit then more_later(pool_id) end
end
