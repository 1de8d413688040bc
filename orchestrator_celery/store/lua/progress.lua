-- Purpose: keeps the progress of a running leaf: its newest report, in a record and in the stream.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 done  6 total, '' if the task does not say  7 message
-- RETURNS: {'ok'} | {'gone'} there is no such run | {'stale'} a later message has superseded this one
-- include: base send live records/progress
if not status then return reply('gone') end
local node = ARGV[1]
local live = running_body(node, ARGV[2], ARGV[3], ARGV[4])
if not live then return reply('stale') end
local before = redis.call('HGET', progress_key, node)
-- A leaf may report for hours. Its reports must not drive other events out of the stream.
if before then redis.call('XDEL', events_key, place_in_progress(before)) end
local place = emit('progress', node, EVENT.attempt, live.attempt, EVENT.done, ARGV[5], EVENT.total, ARGV[6],
  EVENT.message, ARGV[7])
redis.call('HSET', progress_key, node, write_progress(place, ARGV[5], ARGV[6], ARGV[7]))
return reply('ok')
