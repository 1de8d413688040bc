-- Starts items of a pool, as many as there are free places for.
local function wants_more(pool) return not pool.gone and not pool.stopped and pool.next < pool.size end

-- An unbounded pool starts items in bulk: publications are few and large. Where processes go on with leaves, few items need a
-- message. So an item that ends is replaced by one other item, and no more messages are sent than processes wait for.
local function may_replace(pool_id, definition, pool)
  if not replaced_by or pool.mixed or not wants_more(pool) or is_batched(definition, pool) then return false end
  return pool.next - pool.done > math.min(BURST, window) / 2 and replaced_by(pool_id .. '.' .. pool.next)
end

local function replace(pool_id, definition, pool)
  replaced_by = nil -- by this item
  local index = pool.next
  draw(pool_id, definition, pool, index)
  pool.pumping = true
  activate(pool_id .. '.' .. index, pool.input)
  pool.pumping = false
end

local function pump(pool_id, definition, pool)
  if waits then return end
  if pool.singly and not pool.gone then send_returned(pool_id) end
  local cap, live = number(definition, ATTRIBUTE.max_concurrency), pool.next - pool.done
  if not cap and may_replace(pool_id, definition, pool) then return replace(pool_id, definition, pool) end
  -- An unbounded pool is refilled once a quarter of its window is free.
  if not cap and live > 0 and live > window * 3 / 4 then return end
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
