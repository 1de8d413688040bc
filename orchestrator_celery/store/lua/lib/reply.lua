-- The answer of a call, and the time to live of a run that is over.
local retiring -- seconds to keep the run, if nothing of it is under way when this call ends

local function every_key()
  local keys = { root, definitions_key, live_key, ended_key, active_key, events_key, checkpoints_key, progress_key,
    root .. KEY.runs, root .. KEY.logs, inner_key }
  for token in (redis.call('HGET', root, HEAD.segments) or ''):gmatch('%w+') do
    keys[#keys + 1] = definitions_key .. ':' .. token
  end
  if mixed then -- the lines of its pools, also of those that are to begin again
    for _, field in ipairs(redis.call('HKEYS', active_key)) do
      keys[#keys + 1] = root .. KEY.line .. field:gsub(BESIDE.counted .. '$', '')
    end
  end
  return keys
end

-- Whether a node is live or a pool waits for items. Callbacks may go on after the run has ended. Nodes that are held back
-- do not keep a run that has ended: they may never start again.
local function under_way()
  local any_held, place, entries = false, '0', nil
  repeat
    place, entries = unpack(redis.call('HSCAN', live_key, place))
    for i = 2, #entries, 2 do
      if live_state(entries[i]) ~= STATE.held then return true end
      any_held = true
    end
  until place == '0'
  if any_held then return false end
  repeat
    place, entries = unpack(redis.call('HSCAN', active_key, place))
    for i = 1, #entries, 2 do
      if not is_beside(entries[i]) then return true end
    end
  until place == '0'
  return false
end

-- The run is kept as long as its head says, if nothing of it is under way when this call ends.
local function retire() retiring = redis.call('HGET', root, HEAD.keep) or nil end

local function reply(word, ...)
  if flush_pools then flush_pools() end
  if flush_graphs then flush_graphs() end
  if retiring and not under_way() then
    for _, key in ipairs(every_key()) do redis.call('EXPIRE', key, retiring) end
  end
  return { word, effects, ... }
end
