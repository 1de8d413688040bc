-- Changes of status: the run's own event, the feed of all runs, and the notices that subscriptions ask for.
-- The caller writes these into the feed of all runs: a change of status, or ('') an approval that waits for an answer.
local announced = 0 -- changes among the effects, which are no messages
local function announce(node, new, place, owes_notices)
  announced = announced + 1
  effects[#effects + 1] = { 'changed', node, new, place, owes_notices and 1 or 0 }
end

-- A subscription asks for this status: the run owes it a notice, a pending side effect.
local function owe_notice(new, place)
  if not subscribed:find(new, 1, true) then return false end
  local owed = redis.call('HGET', root, HEAD.notices)
  if not owed then redis.call('HINCRBY', root, HEAD.owed, 1) end
  redis.call('HSET', root, HEAD.notices, (owed and owed .. ' ' or '') .. new .. '@' .. place)
  return true
end

local function announce_status(new)
  local place = emit('status', PLACE.close, EVENT.status, new)
  announce(PLACE.close, new, place, owe_notice(new, place))
end

local function set_status(new, ...) -- and other fields of the head
  status = new
  redis.call('HSET', root, HEAD.status, new, ...)
  announce_status(new)
end
