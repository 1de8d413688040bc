-- Purpose: records the result of a leaf and returns the effects.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 result  6 `=` and the targets of the edges that follow, or '' to decide
--       7 newest results by which the targets were chosen, as `node:reference ...`
-- RETURNS: {'ok', effects} | {'gone'} there is no such run | {'stale'} superseded, or ended already
-- include: everything
if not status then return reply('gone') end
local node = ARGV[1]
local live = running_body(node, ARGV[2], ARGV[3], ARGV[4])
if not live then return reply('stale') end
local function holds_still() -- the results by which the targets were chosen are still the newest
  local graph = ARGV[7] ~= '' and get_graph((parts_of_visit(node)))
  for at, reference in ARGV[7]:gmatch('(%d+):(%S*)') do
    if not graph or node_at(graph, at).newest ~= reference then return false end
  end
  return true
end
if ARGV[6] ~= '' and holds_still() then chosen = { visit = node, targets = ARGV[6]:sub(2) } end
settle(node, live, STATE.succeeded, ARGV[5])
return reply('ok')
