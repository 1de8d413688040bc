-- Purpose: keeps the checkpoint of a running leaf, for its next attempt.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 checkpoint
-- RETURNS: {'ok'} | {'gone'} there is no such run | {'stale'} a later message has superseded this one
-- include: base send side_effects withdrawn stop_below live
if not status then return reply('gone') end
local live = running_body(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
if not live then return reply('stale') end
if redis.call('HGET', checkpoints_key, ARGV[1]) == ARGV[5] then return reply('ok') end -- it was told before
redis.call('HSET', checkpoints_key, ARGV[1], ARGV[5])
emit('checkpoint', ARGV[1], EVENT.attempt, live.attempt)
return reply('ok')
