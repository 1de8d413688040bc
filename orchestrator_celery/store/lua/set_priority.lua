-- Purpose: gives waiting items of an active pool another priority, one slice of them. Items that have started keep theirs.
-- KEYS: 1 root key of the run
-- ARGV: 1 pool  2 priority: 1 low, 2 medium, 3 high  3.. ranges of indexes as `first-last`
-- RETURNS: {'ok', effects, changed, rest} changed: number of items that waited at another priority; rest: how many of the
--          ranges, the last ones, are not finished; call again with these
--          | {'gone'} there is no such run | {'closed'} the pool has ended
--          | {'unfinished'} a retry is going on, and has to be finished with `go_on_retry` first
-- include: everything resend asked once
local MOST = 200 -- ranges of the line that one slice moves
if not status then return reply('gone') end
if redis.call('HEXISTS', root, HEAD.retry) == 1 then return reply('unfinished') end
-- A function, because a Lua function has 200 local variables at most.
local function change_priorities()
  local pool_id, priority = ARGV[1], tonumber(ARGV[2])
  local pool = get_pool(pool_id)
  if not pool then return reply('closed') end
  mix(pool_id, pool)
  local changed, moved, argument = 0, 0, 3
  while argument <= #ARGV and moved < MOST do
    local first, last = parse_range(ARGV[argument])
    local taken = take_out(pool_id, first, last, priority, MOST - moved)
    for _, range in ipairs(taken) do
      line_up(pool_id, priority, range.first, range.last)
      changed = changed + range.last - range.first + 1
    end
    moved = moved + math.max(1, #taken)
    if moved < MOST then argument = argument + 1 end -- else items of this range may be left
  end
  emit('priority', pool_id, EVENT.count, changed, EVENT.priority, priority)
  pump(pool_id, definition_of(pool_id), pool) -- a place may be reserved for the new priority
  return reply('ok', changed, #ARGV + 1 - argument)
end
return change_priorities()
