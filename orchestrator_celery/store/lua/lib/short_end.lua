-- Who ended a leaf, and which ends of items have short records.
-- An item of a runner, or a leaf that followed another without a message, began at its turn.
local function owner_at_end(live)
  return runner_of(live) and '+0 ' .. worker_of(live) or live.owner
end

local processes = {} -- waits and number, by owner: a runner ends many items in a call
local function process_of(live, index)
  local known = processes[live.owner]
  if known then return known end
  local waits, worker = owner_at_end(live):match('^%+([%d,]+) (%S+)$')
  local number = waits and number_of_process(worker, index, created)
  if not number then return nil end
  processes[live.owner] = { waits = waits, number = number }
  return processes[live.owner]
end

local newest_parent, newest_definition -- of a leaf that ended: `up` needs the definition, too

-- The header of a short record; nil for a full one. A process of an earlier release does not read short records.
local function short_header(node, index, state, live)
  local pool_id = parent_of(node)
  if not pool_id or live.attempt > 1 or tonumber(format or 1) < FORMAT.short_ends then return nil end
  if newest_parent ~= pool_id then newest_parent, newest_definition = pool_id, definition_of(pool_id) end
  if shape_of(newest_definition) ~= SHAPE.pool then return nil end
  local begun, lasted = live.since - created, now - live.since
  if begun < 0 or lasted < 0 then return nil end -- Redis' clock was set back
  local process = process_of(live, index)
  return process and write_short_end(state, process.number, begun, lasted, process.waits)
end
