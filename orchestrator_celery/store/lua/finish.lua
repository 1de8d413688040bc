-- Purpose: a leaf has ended well; stores its result and says what comes next.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 result
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'stale'} this body was superseded or has ended already
-- include: everything
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.attempt ~= tonumber(ARGV[2]) or not at_work(l)
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
settle(node, l, 'S', ARGV[5])
return reply('ok')
