-- Items that a runner takes, and gives back.
local function list_taken(taken, node, definition, input)
  taken[#taken + 1], taken[#taken + 2], taken[#taken + 3] = node, definition, input
end

local function taken_before(owner) -- items that an earlier call of the runner has taken
  local taken, entries = {}, redis.call('HGETALL', live_key)
  for i = 1, #entries, 2 do
    local live = parse_live(entries[i + 1])
    if live.owner == owner then list_taken(taken, entries[i], definition_of(entries[i]), live.input) end
  end
  return taken
end

local function give_back(node, owner) -- it has not begun: the same attempt goes by a message of its own
  local live = get_live(node)
  if live and is_running(live) and live.owner == owner then queue(node, live, definition_of(node), 0) end
end

-- Gives one item to a runner; an item that does not fit starts by itself. Returns whether the runner got it.
local function take_item(taken, node, pool, owner, worker)
  local definition = definition_of(node)
  if not fits_in_runner(definition) then
    activate(node, pool.input)
    return false
  end
  local live = new_live(STATE.running, first_attempt(node), callbacks_of(definition), pool.input)
  live.owner = owner
  put_live(node, live)
  emit('started', node, EVENT.attempt, live.attempt, EVENT.worker, worker)
  list_taken(taken, node, definition, pool.input)
  return true
end
