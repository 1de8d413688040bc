-- Purpose: gives waiting items of an active pool another priority; what has started keeps its own.
-- KEYS: 1 root key of the run
-- ARGV: 1 pool  2 level: 1 low, 2 medium, 3 high  then ranges of indexes as `first-last`
-- RETURNS: {'ok', effects, changed} how many waited at another level | {'gone'} no such run | {'closed'} the pool has ended
-- include: everything
if not status then return reply('gone') end
local node, level = ARGV[1], tonumber(ARGV[2])
local p = get_pool(node)
if not p then return reply('closed') end
mix(node, p)
local changed = 0
for i = 3, #ARGV do
  local first, last = ARGV[i]:match('^(%d+)-(%d+)$')
  for _, range in ipairs(take_out(node, tonumber(first), tonumber(last), level)) do
    line_up(node, level, range[1], range[2])
    changed = changed + range[2] - range[1] + 1
  end
end
emit('priority', node, 'c', changed, 'l', level)
pump(node, definition(node), p) -- a place may be kept for the new level
return reply('ok', changed)
