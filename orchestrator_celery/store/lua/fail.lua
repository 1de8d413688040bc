-- Purpose: a leaf has ended with an error, or can never start; stores the error and says what comes next.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries, or '' where the reporter cannot know  4 nesting  5 error
-- RETURNS: {'ok', effects} | {'gone'} no such run | {'stale'} superseded, or ended already (Celery reports a hard
--          time limit twice)
-- include: everything
if not status then return reply('gone') end
local node = ARGV[1]
local l = get_live(node)
if not l or l.attempt ~= tonumber(ARGV[2]) or is_no_message(l) then return reply('stale') end
if l.state == 'H' and ARGV[3] ~= '' then return reply('stale') end -- its body was given up
if ARGV[3] ~= '' and compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), l) ~= 0 then return reply('stale') end
settle(node, l, 'F', ARGV[5])
return reply('ok')
