-- Purpose: fails a run that has reached its deadline. Of the nodes that have not ended, nothing counts any more. In a large run,
--          `go_on_overdue` fails these nodes, in slices.
-- KEYS: 1 root key of the run
-- ARGV: 1 error  2 '1' if the run stands in for a task of another one, whose deadline it is
-- RETURNS: {'ok', effects, stand-ins} ids of runs that stand in for tasks of this one; in a large run none, and an effect asks
--          for the first slice | {'gone'} there is no such run
--          | {'state', {}, status} it has ended, has no deadline, or has not reached it
--          | {'unfinished'} a retry is going on, and has to be finished with `go_on_retry` first
-- include: everything delegated fail_live resend asked once
if not status then return reply('gone') end
if redis.call('HEXISTS', root, HEAD.retry) == 1 then return reply('unfinished') end
local MOST = 300 -- live nodes and composites that one call fails
local deadline = tonumber(redis.call('HGET', root, HEAD.deadline))
local is_over = ARGV[2] == '1' or deadline and deadline <= tonumber(now)
if status == STATUS.succeeded or status == STATUS.failed or not is_over then return reply('state', status) end
fail_node('0', 0, created, '', ARGV[1])
if redis.call('HLEN', live_key) + redis.call('HLEN', active_key) > MOST then
  -- No earlier release may touch the run now: to it, the nodes would still count.
  redis.call('HSET', root, HEAD.format, FORMAT.version)
  fail_rest_later('', 'leaves', '0')
  end_run(STATE.failed, '0')
  return reply('ok', {})
end
local inner = stand_ins()
local leaves, composites = redis.call('HGETALL', live_key), redis.call('HGETALL', active_key)
for i = 1, #leaves, 2 do fail_live(leaves[i], parse_live(leaves[i + 1])) end
for i = 1, #composites, 2 do fail_composite(composites[i], composites[i + 1]) end
finish_run(STATE.failed, '0')
return reply('ok', inner)
