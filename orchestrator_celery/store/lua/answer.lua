-- Purpose: an approval is answered, by a person or because nobody did in time; the first answer counts.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 S or F  3 result or error  4 '1': only if it is over its time
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'stale'} it does not wait: it was answered, or withdrawn, or is no approval
-- include: everything
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.state ~= 'W' then return reply('stale') end
if ARGV[4] == '1' and (l.sent == 0 or l.sent > tonumber(now)) then return reply('stale') end
settle(node, l, ARGV[2], ARGV[3])
return reply('ok')
