-- Purpose: an interruption has ended the body of a leaf, which is held back. If the run was resumed meanwhile, or the signal
--          was meant for another body, the leaf starts again. It does not count as a lost process.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 how it was stopped
-- RETURNS: {'ok', effects} | {'gone'} there is no such run | {'stale'} superseded, or ended already
-- include: everything resend asked once
if not status then return reply('gone') end
local node, how = ARGV[1], ARGV[5]
local live = running_body(node, ARGV[2], ARGV[3], ARGV[4])
if not live then return reply('stale') end
if is_runner(node) then reclaim(node, live.attempt, how) end
emit('interrupted', node, EVENT.attempt, live.attempt, EVENT.worker, worker_of(live), EVENT.reason, how)
if is_to_stop(live) then
  hold(node, live)
else
  start_again(node, live)
end
return reply('ok')
