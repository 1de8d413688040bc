-- Purpose: one step of a message that works off several items of a pool: stores the ends of those that have ended, then
--          claims the next. A claim of this worker that is asked for again is kept, or given back where nothing may start.
-- KEYS: 1 root key of the run
-- ARGV: 1 owner  2 number of ended items  then of each: node, attempt, S or F, result or error  then the nodes to claim
-- RETURNS: {'ok', effects, words} of each node to claim: ok, held, stale or duplicate, as `claim` says | {'gone'} no such run
-- include: run reply send live start definition ranges order pool release called complete next_item drained advance tree
if not status then return reply('gone') end
local owner, words, first = ARGV[1], {}, 3 + 4 * tonumber(ARGV[2])
local function current(node, attempt) -- one that has gone on by itself, as a retry, is no business of its batch
  local l = get_live(node)
  if l and l.attempt == attempt and compare_fence(0, 0, l) == 0 then return l end
end
for i = 3, first - 1, 4 do
  local l = current(ARGV[i], tonumber(ARGV[i + 1]))
  if l and l.state == 'R' and l.owner == owner then settle(ARGV[i], l, ARGV[i + 2], ARGV[i + 3]) end
end
local function claim(node)
  local l = current(node, 1)
  if not l then return 'stale' end
  if l.state == 'R' and l.owner ~= owner then return 'duplicate' end
  if held or l.state == 'H' then
    if l.state == 'R' then queue(node, l, definition(node), 0) end
    return 'held'
  end
  if l.state == 'Q' then start(node, l, 0, 0, owner) end
  return l.state == 'R' and 'ok' or 'stale'
end
for i = first, #ARGV do words[#words + 1] = claim(ARGV[i]) end
return reply('ok', words)
