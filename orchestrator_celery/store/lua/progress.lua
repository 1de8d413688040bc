-- Purpose: keeps the newest progress report of a running leaf. It reaches the stream with the leaf's end: entries that are
--          deleted again leave gaps in a stream, which keep their memory as long as any entry beside them.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 done  6 total, '' where nobody knows  7 message
-- RETURNS: {'ok'} | {'gone'} no such run | {'stale'} this body was superseded
-- include: run reply send live
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.attempt ~= tonumber(ARGV[2]) or not at_work(l)
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
redis.call('HSET', root .. ':p', node, table.concat({ now, ARGV[5], ARGV[6], ARGV[7] }, '|'))
return reply('ok')
