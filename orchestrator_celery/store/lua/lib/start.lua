-- A body begins.
local function start(node, l, retries, nesting, owner)
  l.state, l.retries, l.nesting, l.since, l.owner = 'R', retries, nesting, now, owner
  put_live(node, l)
  if status == 'PENDING' then
    status = 'RUNNING'
    redis.call('HSET', root, 'status', status, 'started', now)
    emit('status', '$', 's', status)
  end
  emit('started', node, 'a', l.attempt, 'w', owner)
end
