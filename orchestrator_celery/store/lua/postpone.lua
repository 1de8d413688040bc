-- Purpose: a worker lacks the task of a message. The node stays in the outbox and is sent again after a pause that grows;
--          after the patience it fails.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 name of the task
--       6 milliseconds of patience, or '' if a live worker can run it: then the node never fails
--       7 first pause of the reconciler in milliseconds  8 longest such pause  9 error
--       10.. items that a runner has taken and gives back; the first one needs the task
-- RETURNS: {'ok', effects, pause} pause: milliseconds until the message is sent again; -1 after the patience: the node has
--          failed, or the runner has to fail the item
--          | {'gone'} there is no such run | {'held'} the run is suspended or interrupted
--          | {'stale'} superseded, ended, or another delivery is running
-- include: everything taking resend asked once
if not status then return reply('gone') end
local node, current = ARGV[1], tonumber(now)
local live = get_live(node)
local is_expected = live and live.attempt == tonumber(ARGV[2])
  and compare_fence(tonumber(ARGV[3]), tonumber(ARGV[4]), live) == 0
local takes_items = is_expected and is_runner(node) and is_running(live)
if not is_expected or not (takes_items or live.state == STATE.queued) then return reply('stale') end
if held then return reply('held') end
-- A function, because a Lua function has 200 local variables at most.
local function postpone()
  local field, patience = node .. BESIDE.postponed, tonumber(ARGV[6])
  -- The patience counts from the first postponement of one stay in the outbox. A runner is claimed between two of them.
  local stay = (is_runner(node) and live.attempt or live.since) .. ' ' .. ARGV[5]
  local first, count, noted_stay = (redis.call('HGET', ended_key, field) or ''):match('^(%d+) (%d+) (.*)$')
  if noted_stay ~= stay then first, count = current, 0 end
  first, count = tonumber(first), tonumber(count)
  -- Nodes with a task for which another node has lost patience shortly before do not wait as well, one after the other.
  local over, over_task = (redis.call('HGET', ended_key, PLACE.close .. BESIDE.postponed) or ''):match('^(%d+) (.*)$')
  local is_over = over_task == ARGV[5] and patience and current - tonumber(over) < patience
  if patience and (is_over or current - first >= patience) then
    if not is_over then
      redis.call('HSET', ended_key, PLACE.close .. BESIDE.postponed, string.format('%.0f %s', current, ARGV[5]))
    end
    if not takes_items then
      redis.call('HDEL', ended_key, field)
      settle(node, live, STATE.failed, ARGV[9])
    end
    return reply('ok', -1)
  end
  local due = live.sent + math.min(tonumber(ARGV[7]), tonumber(ARGV[8]))
  if not takes_items and count > 0 and live.tries == 0 then -- another copy of a message that waits already
    return reply('ok', math.max(0, due - current))
  end
  local pause = math.min(1000 * 2 ^ count, 8000) -- milliseconds
  if patience then pause = math.min(pause, first + patience - current) end -- the last try comes when the patience ends
  redis.call('HSET', ended_key, field, string.format('%.0f %d %s', first, count + 1, stay))
  emit('vetoed', node, EVENT.attempt, live.attempt, EVENT.reason, 'unknown')
  if takes_items then
    local owner = node .. ':' .. live.attempt .. ' ' .. worker_of(live)
    live.state, live.owner, live.since = STATE.queued, '', now
    put_live(node, live)
    for i = 10, #ARGV do give_back(ARGV[i], owner, true) end
    redis.call('HDEL', active_key, node .. BESIDE.taken) -- a process of an earlier release may claim it next
  end
  live.sent, live.tries = current + pause - math.min(tonumber(ARGV[7]), tonumber(ARGV[8])), 0
  put_live(node, live)
  return reply('ok', pause)
end
return postpone()
