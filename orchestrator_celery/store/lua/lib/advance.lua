-- Items of a group or swarm: as many are started as there are places for.
local BURST = 64 -- dispatched by one call at most, so that no worker is busy publishing for long

-- An unbounded pool is refilled in bulk once a quarter of its window is free: few, larger publications.
local function pump(node, spec, p)
  if waits then return end
  local cap = number(spec, 'cap')
  local live = p.next - p.done
  if not cap and live > 0 and live > window * 3 / 4 then return end
  local limit, started = cap or window, 0
  p.pumping = true -- an item that ends at once comes back here through its parent; the loop goes on with it
  while not p.gone and not p.stopped and p.next < p.n and p.next - p.done < limit
    and (started < BURST or p.next == p.done) do
    local index, level, found = peek(node, spec, p)
    if not index then break end
    if is_batched(spec, p) and fits_in(definition(node .. '.' .. index)) then
      call_runners(node, spec, p)
      break
    end
    draw(node, spec, p, index, level, found)
    started = started + 1
    activate(node .. '.' .. index, p.input)
  end
  p.pumping = false
end

local function item_ended(node, spec, index, state, counts)
  local p = get_pool(node)
  p.done = p.done + 1
  give_place_back(spec, p, node .. '.' .. index)
  if state == 'F' then
    p.failed = p.failed + 1
    if not p.err or index < p.err then p.err = index end
    local stop = number(spec, 'stop')
    if stop and p.failed >= stop then p.stopped = true end
  end
  if state ~= 'K' then item_callbacks(node .. '.' .. index, spec, state, counts) end
  if p.pumping then return end
  pump(node, spec, p)
  return drained(node, spec, p)
end
