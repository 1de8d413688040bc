-- Purpose: a running leaf is handed to a later message: a retry, a replacement, or the same message requeued.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting of the body  5 retries  6 nesting of the later message
--       7 reason  8 milliseconds until it is due  9 definition of the later message, or '' if it sends the same
-- RETURNS: {'ok', effects, held?} | {'gone'} there is no such run
--          | {'stale', {}, held?} the later message was quicker, or the attempt is over; with `held`, 1 or 0, if the same was
--          reported before
-- include: base send side_effects withdrawn stop_below live records/task_id
if not status then return reply('gone') end
local node, reason, definition = ARGV[1], ARGV[7], ARGV[9]
local live = running_body(node, ARGV[2], ARGV[3], ARGV[4])
if not live then
  local later = get_live(node)
  local is_same = later and later.attempt == tonumber(ARGV[2]) and compare_fence(tonumber(ARGV[5]), tonumber(ARGV[6]), later) == 0
  local waits_still = is_same and (later.state == STATE.queued or later.state == STATE.delegated)
  if not waits_still then return reply('stale') end
  return reply('stale', held and later.state == STATE.delegated and 1 or 0)
end
-- A replacement that is a run of its own needs no outbox: the end of that run sends a message for this node.
live.state = reason == 'delegate' and STATE.delegated or STATE.queued
live.retries, live.nesting, live.since, live.owner = ARGV[5], ARGV[6], now, ''
live.sent, live.tries = tonumber(now) + ARGV[8], 0
if live.state == STATE.delegated or reason == 'replace' then -- Celery keeps a result under the leaf's id
  redis.call('SADD', inner_key, task_id(node, live.attempt))
end
if definition ~= '' then
  -- A rerun of the signature starts with the first definition. '' says that the definition lies in a segment of its pool.
  redis.call('HSETNX', definitions_key, node .. BESIDE.replaced, redis.call('HGET', definitions_key, node) or '')
  redis.call('HSET', definitions_key, node, definition)
end
put_live(node, live)
if withdrawn_with(node) then withdraw_soon() end
emit('retried', node, EVENT.attempt, live.attempt, EVENT.reason, reason)
-- If the run was suspended meanwhile, the caller suspends the run that stands in for this task.
if held and live.state == STATE.delegated then return reply('ok', 1) end
return reply('ok')
