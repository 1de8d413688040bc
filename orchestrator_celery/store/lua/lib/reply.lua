-- The answer of a call, and the time to live of a run that is over.
local retiring -- seconds to keep the run, if nothing of it is under way when this call ends

local function every_key()
  local keys = { root, definitions_key, live_key, ended_key, active_key, events_key, checkpoints_key, progress_key,
    root .. KEY.runs, root .. KEY.logs, root .. KEY.failed, inner_key }
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

local function expire_all()
  if under_way() or redis.call('HEXISTS', root, HEAD.notices) == 1 then return end
  for _, key in ipairs(every_key()) do redis.call('EXPIRE', key, retiring) end
end

-- The run is kept as long as its head says, if nothing of it is under way and no notice is owed when this call ends.
local function retire() retiring = redis.call('HGET', root, HEAD.keep) or nil end

local function reply(word, ...)
  if next(pools) and flush_pools then flush_pools() end
  if next(graphs) and flush_graphs then flush_graphs() end
  if retiring then expire_all() end
  return { word, effects, ... }
end
