-- Purpose: keeps the newest progress report of a running leaf. It reaches the stream with the leaf's end: entries that are
--          deleted again leave gaps in a stream, which keep their memory as long as any entry beside them.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 done  6 total, '' if the task does not say  7 message
-- RETURNS: {'ok'} | {'gone'} there is no such run | {'stale'} a later message has superseded this one
-- include: base send side_effects withdrawn stop_below live records/progress
if not status then return reply('gone') end
local node = ARGV[1]
local live = running_body(node, ARGV[2], ARGV[3], ARGV[4])
if not live then return reply('stale') end
redis.call('HSET', progress_key, node, write_progress(now, ARGV[5], ARGV[6], ARGV[7]))
return reply('ok')
