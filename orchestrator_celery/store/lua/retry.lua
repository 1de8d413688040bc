-- Purpose: a failed run goes on from what failed; what ended well is kept.
-- KEYS: 1 root key of the run
-- ARGV: 1 the one failed node that is to go on, or '' for all
-- RETURNS: {'ok', effects} | {'gone'} no such run, or a purge has claimed it | {'state', {}, status} it has not failed
--          | {'held'} Celery is being told of its end | {'node', {}, why} that node cannot go on
-- include: everything above graph_failures failures failed_node debts
if not status or redis.call('HEXISTS', root, 'claim') == 1 then return reply('gone') end
if status ~= 'FAILED' then return reply('state', status) end
local closing, node = get_live('$'), ARGV[1]
if closing and closing.state ~= 'Q' then return reply('held') end
local why = node ~= '' and stays_as_it_is(node)
if why then return reply('node', why) end
local facts = redis.call('HMGET', root, 'told', 'limit', 'input')
ahead, status = '1', 'RUNNING'
if closing then
  pass('$', closing.attempt)
  redis.call('HDEL', LIVE, '$')
else -- what Celery knows is to be taken back, and whoever reads the events finds one end, the last
  local attempt, place = (facts[1] or '1'):match('^(%d+) ?(.*)$')
  pass('$', attempt)
  if place ~= '' then redis.call('XDEL', EVENTS, place) end
  redis.call('HSET', root, 'retold', 1)
  owe('reset', 1)
end
redis.call('HDEL', root, 'finished', 'ref', 'closed', 'keep', 'told')
redis.call('HSET', root, 'status', status, 'ahead', 1)
redis.call('HSETNX', root, 'started', now)
if facts[2] then redis.call('HSET', root, 'deadline', string.format('%.0f', now + facts[2])) end
for _, key in ipairs(every_key()) do redis.call('PERSIST', key) end
emit('status', '$', 's', status)
take_back(node == '' and '0' or node)
activate('0', facts[3] and 'in' or '')
return reply('ok')
