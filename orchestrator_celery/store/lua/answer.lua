-- Purpose: answers an approval, for a person or because its timeout is over. The first answer counts.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 state of its end  3 result or error  4 '1' to answer only if the timeout is over; it stands still while
--       the run is suspended or interrupted
-- RETURNS: {'ok', effects} | {'gone'} there is no such run | {'stale'} the node does not wait for an answer
-- include: everything resend asked once
if not status then return reply('gone') end
local node = ARGV[1]
local live = get_live(node)
if not live or live.state ~= STATE.awaiting then return reply('stale') end
if ARGV[4] == '1' and (held or live.sent == 0 or live.sent > tonumber(now)) then return reply('stale') end
settle(node, live, ARGV[2], ARGV[3])
return reply('ok')
