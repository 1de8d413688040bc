-- Purpose: keeps how far a running leaf is, for the attempt after this one.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 checkpoint
-- RETURNS: {'ok'} | {'gone'} no such run | {'stale'} this body was superseded
-- include: run reply send live
if not status then return reply('gone') end
local l = get_live(ARGV[1])
if not l or l.attempt ~= tonumber(ARGV[2]) or not at_work(l)
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
redis.call('HSET', root .. ':c', ARGV[1], ARGV[5])
emit('checkpoint', ARGV[1], 'a', l.attempt)
return reply('ok')
