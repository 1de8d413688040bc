-- Purpose: goes on to fail the nodes of a large run that has reached its deadline, one slice of them. The last slice sends the
--          message that tells Celery.
-- KEYS: 1 root key of the run
-- ARGV: none
-- RETURNS: {'ok', effects, stand-ins, error} an effect asks for the next slice; ids of runs that stand in for tasks of the slice,
--          and the error with which they are to fail | {'gone'} there is no such run
--          | {'stale'} no such run is being failed
-- include: everything fail_live resend asked once
if not status then return reply('gone') end
if not overdue then return reply('stale') end
local MOST = 200 -- nodes of one slice
local server, part, place = overdue:match('^(%x*) (%a+) (%d+)$')
if server ~= server_id() then part, place = 'leaves', '0' end
overdue = false -- for this call, the nodes are still there
local inner, entries = {}, nil
if part == 'leaves' then
  place, entries = unpack(redis.call('HSCAN', live_key, place, 'COUNT', MOST))
  for i = 1, #entries, 2 do
    local node, live = entries[i], parse_live(entries[i + 1])
    if live.state == STATE.delegated and in_tree(node) then inner[#inner + 1] = task_id(node, live.attempt) end
    fail_live(node, live)
  end
  if place == '0' then part = 'composites' end
else
  place, entries = unpack(redis.call('HSCAN', active_key, place, 'COUNT', MOST))
  for i = 1, #entries, 2 do fail_composite(entries[i], entries[i + 1]) end
  if place == '0' then part = 'end' end
end
if part == 'end' then
  pay(HEAD.overdue)
  call_close()
else
  fail_rest_later(server_id(), part, place)
end
local record = redis.call('HGET', ended_key, '0')
return reply('ok', inner, record:sub(record:find('\n', 1, true) + 1))
