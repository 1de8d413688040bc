-- Purpose: the process that ran a leaf is gone; starts the leaf again under a new attempt, within limits.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 most resumes allowed
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'stale'} it has ended or was superseded
--          | {'poisoned'} it has lost too many processes: the caller fails it
-- include: run live definition
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.attempt ~= tonumber(ARGV[2]) or l.state ~= 'R'
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
if l.attempt > tonumber(ARGV[5]) then return reply('poisoned') end
emit('lost', node, 'a', l.attempt, 'w', l.owner)
l.attempt, l.retries, l.nesting = l.attempt + 1, 0, 0
if node == '$' then
  l.state, l.since, l.owner = 'Q', now, ''
  put_live(node, l)
  effects[1] = { 'close', '$', l.attempt }
else
  queue(node, l, definition(node))
end
return reply('ok')
