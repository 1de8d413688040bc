-- Purpose: keeps what a running leaf says of how far it is; of each leaf the newest word, in its record and in the stream.
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
local before = redis.call('HGET', root .. ':p', node)
-- A leaf may say this for hours: its words must not drive what else happened out of the stream.
if before then redis.call('XDEL', EVENTS, before:match('^[^|]*')) end
local place = emit('progress', node, 'a', l.attempt, 'd', ARGV[5], 'o', ARGV[6], 'm', ARGV[7])
redis.call('HSET', root .. ':p', node, table.concat({ place, ARGV[5], ARGV[6], ARGV[7] }, '|'))
return reply('ok')
