-- Items that a runner takes, and gives back.
local function taken_before(owner) -- items that an earlier call of the runner has taken
  local taken, entries = {}, redis.call('HGETALL', live_key)
  for i = 1, #entries, 2 do
    local live = parse_live(entries[i + 1])
    if live.owner == owner then list_taken(taken, entries[i], live, definition_of(entries[i])) end
  end
  return taken
end

-- It has not begun. Where no other runner may have time for the item, it goes singly: by a message of its own.
local function give_back(node, owner, singly)
  local live = get_live(node)
  if not live or not is_running(live) or live.owner ~= owner then return end
  if singly then return queue(node, live, definition_of(node), 0) end
  return return_item(node, live)
end

-- Gives one item to a runner; an item that does not fit starts by itself. Returns whether the runner got it.
local function take_item(taken, node, pool, owner, worker)
  local definition = definition_of(node)
  if not fits_in_runner(definition) then
    activate(node, pool.input)
    return false
  end
  local live = new_live(STATE.queued, first_attempt(node), callbacks_of(definition), pool.input)
  begin_item(taken, node, live, definition, owner, worker)
  return true
end
