-- What a call answers, and whether the run is left to its time to live with it.
local retiring     -- seconds to keep the run, if nothing of it is under way when this call ends

local function every_key()
  local keys = { root, DEF, LIVE, DONE, POOL, EVENTS, root .. ':c', root .. ':p', root .. ':r', root .. ':i' }
  for token in (redis.call('HGET', root, 'segments') or ''):gmatch('%w+') do keys[#keys + 1] = DEF .. ':' .. token end
  if mixed then -- what waits in its pools
    for _, field in ipairs(redis.call('HKEYS', POOL)) do keys[#keys + 1] = root .. ':q:' .. field end
  end
  return keys
end

-- A leaf is live, or a pool waits for items: callbacks may outlive the run. What a rule holds back does not keep a run
-- that has ended: it may never start again.
local function under_way()
  local resting = false
  for _, record in ipairs(redis.call('HVALS', LIVE)) do
    if record:sub(1, 1) ~= 'H' then return true end
    resting = true
  end
  if resting then return false end
  for _, field in ipairs(redis.call('HKEYS', POOL)) do
    if not field:find(':segments', 1, true) then return true end
  end
  return false
end

-- What `run.cancel_plan()` counted, as far as it must still be so when it is confirmed.
local function plan_token(of_status, created, total)
  return redis.sha1hex(table.concat({ root, of_status, created, total }, ' ')):sub(1, 12)
end

local function reply(word, ...)
  if flush then flush() end
  if retiring and not under_way() then
    for _, key in ipairs(every_key()) do redis.call('EXPIRE', key, retiring) end
  end
  return { word, effects, ... }
end
