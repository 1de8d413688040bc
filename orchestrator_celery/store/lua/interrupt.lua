-- Purpose: suspends a run and marks its running tasks to be stopped. A task that is killed is held back; a task that ends
--          first counts.
-- KEYS: 1 root key of the run
-- ARGV: 1 signal  2 milliseconds until SIGKILL; the reconciler may have to tell the workers again
-- RETURNS: {'ok', {}, {stand-ins, running, moment}} runs that stand in for tasks of this one; nodes and records, alternating;
--          time of this call in milliseconds
--          | {'gone'} there is no such run | {'state', {}, status} it has ended, or is interrupted and nothing of it runs
-- include: base send side_effects withdrawn stop_below live records/orders records/task_id delegated asked once
if not status then return reply('gone') end
if status == STATUS.succeeded or status == STATUS.failed then return reply('state', status) end
local entries, running = redis.call('HGETALL', live_key), {}
for i = 1, #entries, 2 do
  local node, live = entries[i], parse_live(entries[i + 1])
  if is_running(live) and node ~= PLACE.close then
    if live.state == STATE.running then
      live.state = STATE.stopping
      put_live(node, live)
    end
    running[#running + 1], running[#running + 2] = node, write_live(live)
  end
end
if status == STATUS.interrupted then
  if #running == 0 then return reply('state', status) end
else
  if not held then redis.call('HSET', root, HEAD.before, status, HEAD.paused, now) end
  set_status(STATUS.interrupted)
end
redis.call('HSET', root, HEAD.stop, write_stop(ARGV[1], ARGV[2]))
return reply('ok', { followers(), running, now })
