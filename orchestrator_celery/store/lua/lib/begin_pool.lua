-- A group or swarm begins, or goes on after a retry: then it takes no more items, and each goes by a message of its own.
local function begin_pool(node, spec, input)
  local size = ahead and redis.call('HGET', DONE, node .. ':ahead') -- how many items it had, after a retry
  local p = new_pool(node, spec, input)
  if not size then return p end
  local kept, priorities = redis.call('HGET', DONE, node .. ':line') or redis.call('HGET', DEF, node .. '.lv'), mixed
  redis.call('HDEL', DONE, node .. ':ahead', node .. ':line')
  redis.call('UNLINK', line(node))
  if size ~= '' then p.n, p.open, p.singly, p.calls = tonumber(size), false, true, 1 end
  p.mixed = false
  mix(node, p, '')
  recount(node, p, levels_of(kept or ''), priorities)
  local stop = number(spec, 'stop')
  p.stopped = stop ~= nil and p.failed >= stop
  return p
end
