-- Purpose: the body has handed its node to a later message: a retry, a replacement, or the same one requeued.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting of the body  5 retries  6 nesting of the later message
--       7 why  8 milliseconds until it is due  9 definition of what it sends, or ''
-- RETURNS: {'ok', {}, held?} | {'gone'} no such run | {'stale'} the later message was quicker, or the attempt is over
-- include: run reply send live
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.attempt ~= tonumber(ARGV[2]) or not at_work(l)
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
-- A replacement that is a run of its own needs no outbox: it ends with a message for this node.
l.state = ARGV[7] == 'delegate' and 'D' or 'Q'
l.retries, l.nesting, l.since, l.owner, l.sent, l.tries = ARGV[5], ARGV[6], now, '', tonumber(now) + ARGV[8], 0
if l.state == 'D' or ARGV[7] == 'replace' then -- Celery keeps a result under the leaf's id
  redis.call('SADD', root .. ':i', root:match('{(.*)}$') .. ':' .. node .. ':' .. l.attempt)
end
if ARGV[9] ~= '' then
  -- What it was at first is what a new run of the same signature starts with; '': it stands where its pool's items do.
  redis.call('HSETNX', DEF, node .. ':own', redis.call('HGET', DEF, node) or '')
  redis.call('HSET', DEF, node, ARGV[9])
end
put_live(node, l)
emit('retried', node, 'a', l.attempt, 'r', ARGV[7])
-- A run that stands in for a task of a held one was started before anybody could know: the caller suspends it.
if held and l.state == 'D' then return reply('ok', 1) end
return reply('ok')
