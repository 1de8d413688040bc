-- Purpose: an open pool takes no more items: now, or from when it has none left; it ends once what it has is done.
-- KEYS: 1 root key of the run
-- ARGV: 1 pool  2 '1': it may be added to as long as something of it is left
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'closed'} it was closed, or has ended, before
-- include: everything
if not status then return reply('gone') end
local p = get_pool(ARGV[1])
if not p or not p.open then return reply('closed') end
p.draining = ARGV[2] == '1'
p.open = p.draining
if not p.open then emit('swarm-closed', ARGV[1]) end
drained(ARGV[1], definition(ARGV[1]), p)
return reply('ok')
