-- Items that a runner takes, and gives back.
local function list_again(items, owner) -- those that the runner has still
  local taken = {}
  for _, node in ipairs(items) do
    local live = get_live(node)
    if live and live.owner == owner then list_taken(taken, node, live, definition_of(node)) end
  end
  return taken
end

-- The items that the runner has when a call ends: those that it had, but for the ones that went, and those that it got.
local function list_items(runner, attempt, items, gone, taken)
  local PARTS = 5 -- of each item that it got
  local cut, indexes, listed = #pool_of_runner(runner) + 2, { attempt }, {}
  local function add(node)
    if not listed[node] then indexes[#indexes + 1] = node:sub(cut) end
    listed[node] = true
  end
  for _, node in ipairs(items) do
    if not gone[node] then add(node) end
  end
  for i = 1, #taken, PARTS do add(taken[i]) end
  redis.call('HSET', active_key, runner .. BESIDE.taken, table.concat(indexes, ' '))
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
