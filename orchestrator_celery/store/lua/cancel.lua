-- Purpose: stops a run and deletes its data. The head that stays for a moment says that the run was cancelled, and which
--          side effects are pending: tell Celery, stop tasks, call cleanups, write the audit entry. Of a large run, the data
--          stay until `go_on_cancel` has read them.
-- KEYS: 1 root key of the run
-- ARGV: 1 entry for the audit trail  2 '1' to cancel only what was confirmed  3 status  4 time of creation  5 number of
--       leaves, as they were confirmed  6 view of the run, JSON, for notices
-- RETURNS: {'ok'} | {'gone'} there is no such run | {'changed'} the run is not as it was confirmed
-- include: outbox records/short_end records/ended records/task_id error_copy callbacks cleanups cancelled_nodes asked once
if not status then return reply('gone') end
local MOST = 500 -- live nodes and composites of a run that one call deletes
local is_confirmed = status == ARGV[3] and created == ARGV[4] and redis.call('HGET', root, HEAD.total) == ARGV[5]
if ARGV[2] == '1' and not is_confirmed then return reply('changed') end
local function tell_cancelled()
  local owes_notices = owe_notice(STATUS.cancelled, now .. '-c') or redis.call('HEXISTS', root, HEAD.notices) == 1
  if owes_notices then redis.call('HSET', root, HEAD.view, ARGV[6]) end
end
redis.call('UNLINK', answers_key)
redis.call('HSET', root, HEAD.before, status, HEAD.audit, ARGV[1])
if redis.call('HLEN', live_key) + redis.call('HLEN', active_key) + redis.call('SCARD', inner_key) > MOST then
  -- No earlier release may finish this cancellation: it would leave the data.
  redis.call('HSET', root, HEAD.status, STATUS.cancelled, HEAD.format, FORMAT.version)
  for _, key in ipairs(every_key()) do redis.call('PERSIST', key) end
  tell_cancelled()
  return reply('ok')
end
local tasks, cleanups, inner = {}, {}, redis.call('SMEMBERS', inner_key)
collect_composites(cleanups, redis.call('HGETALL', active_key))
collect_leaves(tasks, cleanups, redis.call('HGETALL', live_key))
leave_head(tasks, inner)
put_cleanups(cleanups)
tell_cancelled()
return reply('ok')
