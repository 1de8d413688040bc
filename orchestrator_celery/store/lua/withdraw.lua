-- Purpose: withdraws what is queued below failing composites, one slice of a pass. What runs may finish.
-- KEYS: 1 root key of the run
-- ARGV: 1 place from which to go on: everything before it is done; '' for the place that is on record
--       2 error with which the run is to fail because the task it stands in for is withdrawn, or ''
-- RETURNS: {'ok', effects, place, stand-ins} place: from which to go on, '' if the pass is over; stand-ins: runs that stand in
--          for withdrawn tasks, and references of the errors with which these fail, alternating
--          | {'gone'} there is no such run | {'stale'} nothing is to be withdrawn
-- include: everything withdraw_place withdraw_nodes withdraw_slices resend asked once
if not status then return reply('gone') end
-- A function, because a Lua function has 200 local variables at most.
local function withdraw_slice()
  local MOST = 100 -- nodes of one slice
  if ARGV[2] ~= '' and not waits and not is_ended() then fail_from_outside(ARGV[2]) end
  local pending = redis.call('HGET', root, HEAD.withdraw)
  if not pending then return reply('stale') end
  local pass, part, cursor = parse_place(pending)
  local done_pass, done_part, done_cursor = parse_place(ARGV[1])
  if done_pass == pass then part, cursor = done_part, done_cursor end
  redis.call('HSET', root, HEAD.withdraw, write_place(pass, part, cursor))
  withdraws = false -- from here on, a wish for a pass means a pass after this one
  local inner = {}
  if part == 'l' then part, cursor = withdraw_leaves(cursor, MOST, inner) end
  if part == 'm' and #inner == 0 then part, cursor = end_idle_pools(cursor, MOST) end
  if withdraws then return reply('ok', redis.call('HGET', root, HEAD.withdraw), inner) end
  if part == 'end' and #inner == 0 then
    pay(HEAD.withdraw)
    return reply('ok', '', inner)
  end
  return reply('ok', write_place(pass, part, cursor), inner)
end
return withdraw_slice()
