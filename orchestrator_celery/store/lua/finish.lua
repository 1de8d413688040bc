-- Purpose: a leaf has ended well; stores its result and says what comes next.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 result  6 targets of the graph's edges that follow, behind `=`; or ''
--       7 newest results of other nodes by which they were chosen, as `node:reference ...`
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'stale'} this body was superseded or has ended already
-- include: everything
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.attempt ~= tonumber(ARGV[2]) or not at_work(l)
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
local function still_so()
  local g = ARGV[7] ~= '' and get_graph(node:match('^(.*)%.%d+%.%d+$'))
  for at, ref in ARGV[7]:gmatch('(%d+):(%S*)') do
    if not g or (g.last[at] or '') ~= ref then return false end
  end
  return true
end
if ARGV[6] ~= '' and still_so() then chosen = { node = node, targets = ARGV[6]:sub(2) } end
settle(node, l, 'S', ARGV[5])
return reply('ok')
