-- Purpose: takes a node out that has not started; what follows goes on as if it were not there.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 id of the run as which it goes on by itself, or ''
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'state', {}, status} it has ended
--          | {'node', {}, why} its state, if it has begun or never will; `unknown`, `root`, `callback`, `approval`; `early`: it is not
--          known yet what it would be given
-- include: everything above waiting_node debts
if not status then return reply('gone') end
local node, to = ARGV[1], ARGV[2]
if redis.call('HGET', DONE, node .. ':to') == to then return reply('ok') end -- the answer to an earlier call was lost
if status == 'SUCCEEDED' or status == 'FAILED' then return reply('state', status) end
if not is_known(node) then return reply('node', 'unknown') end
if not in_tree(node) then return reply('node', 'callback') end
if node == '0' then return reply('node', 'root') end
local begun = has_begun(node)
if begun then return reply('node', begun) end
local l, p = get_live(node), get_pool(node:match('^(.*)%.%d+$'))
if to ~= '' and definition(node):sub(1, 1) == 'A' then return reply('node', 'approval') end
if to ~= '' then
  if not l and not p then return reply('node', 'early') end
  redis.call('HSET', DONE, node .. ':to', to)
  owe('detach:' .. node, to .. ' ' .. (l and l.input or p.input))
end
local leaves = leaves_below(node)
redis.call('HSET', root, 'ahead', 1)
ahead = '1'
if leaves > 0 then
  redis.call('HINCRBY', root, 'total', -leaves)
  redis.call('HINCRBY', root, 'skipped', leaves)
end
if l then
  redis.call('HDEL', LIVE, node)
  pass_over(node, leaves, l.input)
else
  mark(node, leaves)
end
return reply('ok')
