-- Purpose: as suspend, and what runs is to be stopped: a kill then holds it back instead of failing it, while an end
--          that comes first still counts.
-- KEYS: 1 root key of the run
-- ARGV: 1 signal  2 milliseconds until SIGKILL, both for a sweep that has to tell the workers again
-- RETURNS: {'ok', {}, {delegated, bodies}} runs that replace a task of this one; node and record of what runs,
--          alternating | {'gone'} no such run
--          | {'state', {}, status} it has ended, or is interrupted and nothing of it runs any more
-- include: run reply send live debts delegated
if not status then return reply('gone') end
if status == 'SUCCEEDED' or status == 'FAILED' then return reply('state', status) end
local entries, bodies = redis.call('HGETALL', LIVE), {}
for i = 1, #entries, 2 do
  local l = parse_live(entries[i + 1])
  if at_work(l) and entries[i] ~= '$' then
    if l.state == 'R' then
      l.state = 'I'
      put_live(entries[i], l)
    end
    bodies[#bodies + 1] = entries[i]
    bodies[#bodies + 1] = redis.call('HGET', LIVE, entries[i])
  end
end
if status == 'INTERRUPTED' then
  if #bodies == 0 then return reply('state', status) end
else
  if not held then redis.call('HSET', root, 'before', status) end
  redis.call('HSET', root, 'status', 'INTERRUPTED')
  emit('status', '$', 's', 'INTERRUPTED')
end
redis.call('HSET', root, 'stop', table.concat({ now, ARGV[1], ARGV[2] }, ' '))
return reply('ok', { followers(), bodies })
