-- Purpose: resumes a suspended or interrupted run, or a run with tasks that are held back. Messages in the outbox are sent
--          again, and nodes that are held back start again.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok', effects, stand-ins} ids of runs that stand in for tasks of this one | {'gone'} there is no such run
--          | {'state', {}, status} it is not suspended or interrupted, and no task of it is held back
-- include: everything pools delegated resend asked once
if not status then return reply('gone') end
local has_held = false
for _, record in ipairs(redis.call('HVALS', live_key)) do
  has_held = has_held or live_state(record) == STATE.held
end
if not held and not has_held then return reply('state', status) end
if held then set_status(redis.call('HGET', root, HEAD.before)) end
for _, key in ipairs(every_key()) do redis.call('PERSIST', key) end -- a callback of a run that has ended may go on
release()
return reply('ok', followers())
