-- Purpose: the process that ran a leaf is gone. Starts the leaf again under a new attempt, within limits.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 most lost processes  6 milliseconds to wait  7 '1' to hold it back: no
--       rule of auto-resume allows another start
-- RETURNS: {'ok', effects, checkpoint?} 1 if there is a checkpoint, -1 if it was to be stopped and is held back
--          | {'gone'} there is no such run | {'stale'} superseded, or ended already
--          | {'poisoned'} it has lost too many processes: the caller fails it
-- include: outbox runner_items reclaim resend asked once
if not status then return reply('gone') end
local node = ARGV[1]
local live = running_body(node, ARGV[2], ARGV[3], ARGV[4])
if not live then return reply('stale') end
if is_runner(node) then reclaim(node, live.attempt) end
if is_to_stop(live) then
  emit('interrupted', node, EVENT.attempt, live.attempt, EVENT.worker, worker_of(live), EVENT.reason, 'lost')
  hold(node, live)
  return reply('ok', -1)
end
if ARGV[7] == '1' then
  hold(node, live)
  emit('held', node, EVENT.attempt, live.attempt, EVENT.worker, worker_of(live))
  retire()
  return reply('ok')
end
local free_attempts = tonumber(redis.call('HGET', ended_key, node .. BESIDE.free_attempts) or base)
if live.attempt - free_attempts > tonumber(ARGV[5]) then return reply('poisoned') end
emit('lost', node, EVENT.attempt, live.attempt, EVENT.worker, worker_of(live))
new_attempt(live)
queue(node, live, node == PLACE.close and '' or definition_of(node), tonumber(ARGV[6]))
return reply('ok', redis.call('HEXISTS', checkpoints_key, node))
