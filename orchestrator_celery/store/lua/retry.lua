-- Purpose: a failed run goes on from its failed nodes; nodes that succeeded are kept. In a large run this is the first slice,
--          and `go_on_retry` does the others.
-- KEYS: 1 root key of the run
-- ARGV: 1 the failed node that is to go on, or '' for all
-- RETURNS: {'ok', effects, more} more: 1 if another slice is needed | {'gone'} there is no such run, or a purge has
--          claimed it | {'state', {}, status} it has not failed | {'held'} Celery is being told its end | {'node', {}, why} that node cannot go on
--          | {'unfinished'} it has reached its deadline, and its nodes have to fail first, with `go_on_overdue`
-- include: everything retries records/told resend asked once
if not status or redis.call('HEXISTS', root, HEAD.claim) == 1 then return reply('gone') end
if status ~= STATUS.failed then return reply('state', status) end
if overdue then return reply('unfinished') end
local closing, node = get_live(PLACE.close), ARGV[1]
if closing and closing.state ~= STATE.queued then return reply('held') end
local why_not = node ~= '' and why_it_stays(node)
if why_not then return reply('node', why_not) end
-- A function, because a Lua function has 200 local variables at most.
local function go_on_again()
  local told, limit = unpack(redis.call('HMGET', root, HEAD.told, HEAD.limit))
  ahead = '1'
  if closing then
    end_attempts(PLACE.close, closing.attempt)
    redis.call('HDEL', live_key, PLACE.close)
  else -- Celery knows of an end, which is taken back; a reader of the events finds one end, the last
    local attempt, place = parse_told(told)
    end_attempts(PLACE.close, attempt)
    if place ~= '' then redis.call('XDEL', events_key, place) end
    redis.call('HSET', root, HEAD.retold, 1)
    owe(HEAD.reset, 1)
  end
  redis.call('HDEL', ended_key, PLACE.close .. BESIDE.postponed) -- a task that no worker had is waited for anew
  redis.call('HDEL', root, HEAD.finished, HEAD.ref, HEAD.closed, HEAD.keep, HEAD.told)
  redis.call('HSETNX', root, HEAD.started, now)
  if limit then redis.call('HSET', root, HEAD.deadline, string.format('%.0f', now + limit)) end
  for _, key in ipairs(every_key()) do redis.call('PERSIST', key) end
  set_status(STATUS.running, HEAD.ahead, 1)
  take_back(node == '' and '0' or node)
  return reply('ok', retry_slice())
end
return go_on_again()
