-- Purpose: stops a run and deletes its data. The head that stays for a moment says that the run was cancelled, and which
--          side effects are pending: tell Celery, stop tasks, call cleanups, write the audit entry.
-- KEYS: 1 root key of the run
-- ARGV: 1 entry for the audit trail  2 '1' to cancel only what was confirmed  3 status  4 time of creation  5 number of
--       leaves, as they were confirmed  6 view of the run, JSON, for notices
-- RETURNS: {'ok'} | {'gone'} there is no such run | {'changed'} the run is not as it was confirmed
-- include: outbox records/ended records/task_id error_copy callbacks cleanups asked once
if not status then return reply('gone') end
local KEPT = { HEAD.created, HEAD.name, HEAD.kind, HEAD.total, HEAD.done, HEAD.failed, HEAD.close, HEAD.closed, HEAD.retold,
  HEAD.window, HEAD.events, HEAD.signature, HEAD.outer, HEAD.format, HEAD.app, HEAD.app_name,
  HEAD.notices }
local kept = {}
for i, value in ipairs(redis.call('HMGET', root, unpack(KEPT))) do kept[KEPT[i]] = value end
local is_confirmed = status == ARGV[3] and created == ARGV[4] and kept[HEAD.total] == ARGV[5]
if ARGV[2] == '1' and not is_confirmed then return reply('changed') end
local tasks, cleanups, entries = {}, {}, redis.call('HGETALL', live_key)
local composites, inner = redis.call('HGETALL', active_key), redis.call('SMEMBERS', inner_key)
for i = 1, #composites, 2 do
  local node = composites[i]
  if not is_beside(node) then collect_cleanups(cleanups, node, 0, callbacks_of(definition_of(node))) end
end
for i = 1, #entries, 2 do
  local node, live = entries[i], parse_live(entries[i + 1])
  if live.state ~= STATE.queued then collect_cleanups(cleanups, node, live.attempt, live.callbacks) end
  if is_running(live) and node ~= PLACE.close then
    tasks[#tasks + 1] = task_id(node, live.attempt)
    -- A worker knows a leaf without a message by the message that it handles.
    local carrier = live.owner:match('^([^+%s]%S*) ')
    if carrier and not is_runner(runner_of(live)) then tasks[#tasks + 1] = root:match('{(.*)}$') .. ':' .. carrier end
  end
end
redis.call('UNLINK', answers_key)
for _, key in ipairs(every_key()) do redis.call('UNLINK', key) end
redis.call('HSET', root, HEAD.status, STATUS.cancelled, HEAD.before, status, HEAD.audit, ARGV[1],
  HEAD.bodies, cjson.encode(tasks), HEAD.inner, cjson.encode(inner))
put_cleanups(cleanups)
for name, value in pairs(kept) do
  if value then redis.call('HSET', root, name, value) end
end
if owe_notice(STATUS.cancelled, now .. '-c') or kept[HEAD.notices] then redis.call('HSET', root, HEAD.view, ARGV[6]) end
return reply('ok')
