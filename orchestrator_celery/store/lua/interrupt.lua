-- Purpose: suspends a run, and lists its running tasks, which are to be stopped. A task that is killed is held back; a task that
--          ends first counts. In a large run the list is that of one slice of the live nodes.
-- KEYS: 1 root key of the run
-- ARGV: 1 signal  2 milliseconds until SIGKILL; the reconciler may have to tell the workers again
--       3 place from which to look for running tasks, '0' for the beginning
-- RETURNS: {'ok', {}, {stand-ins, running, moment, place}} runs that stand in for tasks of this one, or `many` if they have to
--          be looked for; nodes and records, alternating; time of this call in milliseconds; place of the next slice, '0' after
--          the last one | {'gone'} there is no such run
--          | {'state', {}, status} it has ended, or is interrupted and nothing of it runs
--          | {'large', {}, place} it is interrupted, and nothing before the place runs
-- include: base send side_effects withdrawn stop_below live records/orders records/task_id delegated asked once
if not status then return reply('gone') end
if status == STATUS.succeeded or status == STATUS.failed then return reply('state', status) end
local MOST = 500 -- nodes of one slice
local place, entries = unpack(redis.call('HSCAN', live_key, ARGV[3], 'COUNT', MOST))
local running = {}
for i = 1, #entries, 2 do
  local node, record = entries[i], entries[i + 1]
  if is_running(parse_live(record)) and node ~= PLACE.close then
    running[#running + 1], running[#running + 2] = node, record
  end
end
if status == STATUS.interrupted then
  if #running == 0 and place ~= '0' then return reply('large', place) end
  if #running == 0 then return reply('state', status) end
else
  if not held then redis.call('HSET', root, HEAD.before, status, HEAD.paused, now) end
  set_status(STATUS.interrupted)
end
redis.call('HSET', root, HEAD.stop, write_stop(ARGV[1], ARGV[2]))
return reply('ok', { followers(), running, now, place })
