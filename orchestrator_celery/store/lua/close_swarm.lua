-- Purpose: an open pool takes no more items; it ends once what it has is done.
-- KEYS: 1 root key of the run
-- ARGV: 1 pool
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'closed'} it was closed, or has ended, before
-- include: run reply live definition pool complete advance tree
if not status then return reply('gone') end
local p = get_pool(ARGV[1])
if not p or not p.open then return reply('closed') end
p.open = false
emit('swarm-closed', ARGV[1])
drained(ARGV[1], definition(ARGV[1]), p)
return reply('ok')
