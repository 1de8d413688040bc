-- Pending side effects of a change: fields of the head, and the number of them. The process that asked for the change
-- performs them; if it dies, the reconciler does.
local function owe(field, value)
  if redis.call('HSETNX', root, field, value) == 1 then redis.call('HINCRBY', root, HEAD.owed, 1) end
end

local function pay(field)
  if redis.call('HDEL', root, field) == 1 and redis.call('HINCRBY', root, HEAD.owed, -1) < 1 then
    redis.call('HDEL', root, HEAD.owed)
  end
end
