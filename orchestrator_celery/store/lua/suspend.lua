-- Purpose: suspends a run: nothing more of it starts until it is resumed. Running tasks may finish.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok', {}, stand-ins} ids of runs that stand in for tasks of this one | {'gone'} there is no such run
--          | {'state', {}, status} it is neither pending nor running
-- include: base records/task_id side_effects delegated asked once
if not status then return reply('gone') end
if status ~= STATUS.pending and status ~= STATUS.running then return reply('state', status) end
set_status(STATUS.suspended, HEAD.before, status, HEAD.paused, now)
return reply('ok', followers())
