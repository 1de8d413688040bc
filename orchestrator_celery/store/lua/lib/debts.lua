-- What is still to be done, outside the store, about a change: fields of the head, and how many there are. Whoever asked for
-- the change does it; where that process dies, a sweep.
local function owe(field, value)
  if redis.call('HSETNX', root, field, value) == 1 then redis.call('HINCRBY', root, 'owed', 1) end
end

local function pay(field)
  if redis.call('HDEL', root, field) == 1 and redis.call('HINCRBY', root, 'owed', -1) < 1 then
    redis.call('HDEL', root, 'owed')
  end
end
