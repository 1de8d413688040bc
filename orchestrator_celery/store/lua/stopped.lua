-- Purpose: an interruption has ended the body of a leaf, which is held back; where the run was resumed meanwhile, or
--          the signal has hit another body than the one it was for, it starts again. Not counted as a lost process.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 how it was stopped
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'stale'} it has ended or was superseded
-- include: run reply send live packed definition reclaim release
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.attempt ~= tonumber(ARGV[2]) or not at_work(l)
  or compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then
  return reply('stale')
end
if is_runner(node) then reclaim(node, ARGV[5]) end
emit('interrupted', node, 'a', l.attempt, 'w', l.owner, 'r', ARGV[5])
if l.state == 'I' then
  hold(node, l)
else
  again(node, l)
end
return reply('ok')
