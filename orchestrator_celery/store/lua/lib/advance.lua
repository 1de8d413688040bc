-- Items of a group or swarm: who is started next, and when the whole has ended.
local BURST = 64 -- dispatched by one call at most, so that no worker is busy publishing for long

local function drained(node, spec, p)
  if p.gone or p.done < p.next or not (p.stopped or (p.next == p.n and (not p.open or p.draining))) then return end
  p.gone = true
  local tolerated = number(spec, 'tol') or 0
  if tolerated > 0 and tolerated < 1 then tolerated = tolerated * p.n end
  if not p.stopped and p.failed <= tolerated then
    return complete(node, spec, 'S', '*' .. p.n, p.since)
  end
  local ref = attr(spec, 'k') == 'group' and node .. '.' .. p.err or 'swarm:' .. node
  return complete(node, spec, 'F', ref, p.since)
end

-- An unbounded pool is refilled in bulk once a quarter of its window is free: few, larger publications.
local function pump(node, spec, p)
  local cap = number(spec, 'cap')
  local live = p.next - p.done
  if not cap and live > 0 and live > window * 3 / 4 then return end
  local limit, started = cap or window, 0
  p.pumping = true -- an item that ends at once comes back here through its parent; the loop goes on with it
  while not p.gone and not p.stopped and p.next < p.n and p.next - p.done < limit
    and (started < BURST or p.next == p.done) do
    started = started + 1
    activate(node .. '.' .. next_item(p), p.input)
  end
  p.pumping = false
end

local function item_ended(node, spec, index, state, counts)
  local p = get_pool(node)
  p.done = p.done + 1
  if state == 'F' then
    p.failed = p.failed + 1
    if not p.err or index < p.err then p.err = index end
    local stop = number(spec, 'stop')
    if stop and p.failed >= stop then p.stopped = true end
  end
  item_callbacks(node .. '.' .. index, spec, state, counts)
  if p.pumping then return end
  pump(node, spec, p)
  return drained(node, spec, p)
end
