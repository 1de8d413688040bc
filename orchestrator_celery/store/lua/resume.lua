-- Purpose: resumes a suspended or interrupted run, or a run with tasks that are held back. Messages in the outbox are sent
--          again, and nodes that are held back start again. In a large run this is the first slice, and `go_on_release` does
--          the others.
-- KEYS: 1 root key of the run
-- ARGV: 1 place from which to look for a task that is held back, '0' for the beginning
-- RETURNS: {'ok', effects, stand-ins} ids of runs that stand in for tasks of this one, or `many` if they have to be looked for;
--          an effect asks for the other slices | {'gone'} there is no such run
--          | {'state', {}, status} it is not suspended or interrupted, and no task of it is held back
--          | {'large', {}, place} no task before the place is held back
-- include: everything delegated resend asked once
if not status then return reply('gone') end
local MOST = 1000 -- nodes among which one call looks for a task that is held back
if not held then
  local has_held = false
  local place, entries = unpack(redis.call('HSCAN', live_key, ARGV[1], 'COUNT', MOST))
  for i = 2, #entries, 2 do has_held = has_held or live_state(entries[i]) == STATE.held end
  if not has_held and place ~= '0' then return reply('large', place) end
  if not has_held then return reply('state', status) end
end
if held then set_status(redis.call('HGET', root, HEAD.before)) end
if redis.call('PTTL', root) >= 0 then -- a callback of a run that has ended may go on
  for _, key in ipairs(every_key()) do redis.call('PERSIST', key) end
end
release()
return reply('ok', followers())
