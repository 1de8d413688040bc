-- Purpose: a run has taken longer than its deadline: it fails, and of what has not ended nothing counts any more.
-- KEYS: 1 root key of the run
-- ARGV: 1 error  2 '1': the run stands in for a task of another one, whose deadline it is
-- RETURNS: {'ok', effects, delegated} ids of runs that replace a task of this one | {'gone'} no such run
--          | {'state', {}, status} it has ended, or has no deadline, or it is not reached yet
-- include: everything debts delegated
if not status then return reply('gone') end
local deadline = tonumber(redis.call('HGET', root, 'deadline'))
if status == 'SUCCEEDED' or status == 'FAILED' or (ARGV[2] ~= '1' and (not deadline or deadline > tonumber(now))) then
  return reply('state', status)
end
local inner = delegated()
local leaves, composites = redis.call('HGETALL', LIVE), redis.call('HGETALL', POOL)
local function fail(node, attempt, since, owner, payload)
  redis.call('HSET', DONE, node, table.concat({ 'F', attempt, since, now, owner }, '|') .. '\n' .. payload)
  emit('failed', node, 'a', attempt)
end
local function after_item(node, counts)
  local parent = node:match('^(.*)%.%d+$')
  local spec = parent and definition(parent)
  if spec and spec:sub(1, 1) == 'P' then item_callbacks(node, spec, 'F', counts) end
end
fail('0', 0, redis.call('HGET', root, 'created'), '', ARGV[1])
for i = 1, #leaves, 2 do
  local node, l = leaves[i], parse_live(leaves[i + 1])
  if l.state == 'E' and in_tree(node:match('^(.*)%.%w+%.d%d+$')) then redis.call('HDEL', LIVE, node) end
  if in_tree(node) then
    redis.call('HDEL', LIVE, node)
    if l.state == 'Q' then -- the rest is skipped, which needs no record; a body of before must not fit what a retry starts
      if l.attempt > 1 or l.retries > 0 or l.nesting > 0 then pass(node, l.attempt) end
    else -- what had started has failed
      fail(node, l.attempt, l.since, l.owner, '@0')
      redis.call('HINCRBY', root, 'failed', 1)
      callbacks(node, 'F', l.callbacks, '0')
      after_item(node, l.callbacks)
    end
  end
end
for i = 1, #composites, 2 do
  local node, pool = composites[i], get_pool(composites[i])
  if in_tree(node) and not node:find(':', 1, true) then
    if composites[i + 1]:sub(1, 1) == 'G' then redis.call('HSET', DONE, node .. ':g', composites[i + 1]) end
    if pool then pool.gone = true else redis.call('HDEL', POOL, node) end
    if node ~= '0' then fail(node, 0, composites[i + 1]:match('^C|(%d+)') or composites[i + 1]:match('^G|(%d+)') or pool.since, '', '@0') end
    local counts = counts_of(definition(node))
    callbacks(node, 'F', counts, '0')
    after_item(node, counts)
  end
end
finish_run('F', '0')
return reply('ok', inner)
