-- Purpose: the process that ran a leaf is gone; starts the leaf again under a new attempt, within limits.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 most resumes allowed  6 milliseconds to wait  7 '1': by no rule may
--       it be started again, hold it
-- RETURNS: {'ok', effects, checkpoint?} -1: it was to be stopped, and is held back
--          | {'gone'} no such run | {'stale'} it has ended or was superseded
--          | {'poisoned'} it has lost too many processes: the caller fails it
-- include: run reply send live packed definition reclaim
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.attempt ~= tonumber(ARGV[2]) or not at_work(l)
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
if is_runner(node) then reclaim(node) end
if l.state == 'I' then
  emit('interrupted', node, 'a', l.attempt, 'w', l.owner, 'r', 'lost')
  hold(node, l)
  return reply('ok', -1)
end
if ARGV[7] == '1' then
  hold(node, l)
  emit('held', node, 'a', l.attempt, 'w', l.owner)
  retiring = redis.call('HGET', root, 'keep') or nil
  return reply('ok')
end
local free = tonumber(redis.call('HGET', DONE, node .. ':free') or base) -- attempts after an interruption
if l.attempt - free > tonumber(ARGV[5]) then return reply('poisoned') end
emit('lost', node, 'a', l.attempt, 'w', l.owner)
l.attempt, l.retries, l.nesting = l.attempt + 1, 0, 0
queue(node, l, node == '$' and '' or definition(node), tonumber(ARGV[6]))
return reply('ok', redis.call('HEXISTS', root .. ':c', node))
