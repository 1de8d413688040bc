-- Purpose: records that a leaf failed, or can never start, and returns the effects.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries, or '' where the reporter cannot know  4 nesting  5 error
-- RETURNS: {'ok', effects} | {'gone'} there is no such run
--          | {'stale'} superseded, or ended already (Celery reports a hard time limit twice)
-- include: everything
if not status then return reply('gone') end
local node, has_fence = ARGV[1], ARGV[3] ~= ''
local live = get_live(node)
if not live or live.attempt ~= tonumber(ARGV[2]) or has_no_message(live) then return reply('stale') end
if has_fence and live.state == STATE.held then return reply('stale') end -- its body was given up
if has_fence and compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), live) ~= 0 then return reply('stale') end
settle(node, live, STATE.failed, ARGV[5])
return reply('ok')
