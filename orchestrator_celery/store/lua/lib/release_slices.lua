-- Slices of a release. The last one pays the debt.
local function release_slice(pass)
  local place, entries = unpack(redis.call('HSCAN', live_key, pass.place, 'COUNT', MOST_RELEASED))
  for i = 1, #entries, 2 do release_node(entries[i], parse_live(entries[i + 1]), pass) end
  if place == '0' then return pay(HEAD.release) end
  pass.place, pass.server = place, server_id()
  owe(HEAD.release, '')
  redis.call('HSET', root, HEAD.release, write_release(pass))
  effects[#effects + 1] = { 'release', PLACE.close, 0 }
end

local function release() -- once the run has its new status
  local pending, paused = redis.call('HGET', root, HEAD.release), held and redis.call('HGET', root, HEAD.paused)
  local before = pending and parse_release(pending) or { paused = '' } -- the rest of a release before the run was held again
  local was_held = before.was_held or held and true or false
  held = false
  if paused then
    redis.call('HDEL', root, HEAD.paused)
    redis.call('HINCRBY', root, HEAD.rested, tonumber(now) - paused)
  end
  release_slice({ place = '0', since = tonumber(now), was_held = was_held,
    paused = before.paused ~= '' and before.paused or paused or '' })
end
