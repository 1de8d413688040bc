-- The start of a run: its first tasks, and its deadline, which counts from now.
local function begin_run()
  local facts = redis.call('HMGET', root, 'input', 'limit')
  if facts[2] then redis.call('HSET', root, 'deadline', string.format('%.0f', now + facts[2])) end
  local p, spec = get_pool('0'), definition('0')
  if not p then return activate('0', facts[1] and 'in' or '') end
  p.since = now -- a swarm that took items while it waited
  pump('0', spec, p)
  return drained('0', spec, p)
end

local function wait_for_start()
  waits = '1'
  redis.call('HSET', root, 'waits', 1)
  local spec = definition('0')
  if spec:sub(1, 1) == 'P' then begin_pool('0', spec, redis.call('HEXISTS', root, 'input') == 1 and 'in' or '') end
end
