-- Purpose: a runner reports how items ended, gives items back, and takes the next ones.
-- KEYS: 1 root key of the run
-- ARGV: 1 runner  2 attempt  3 retries  4 nesting  5 worker  6 most items to take  7 '1': the answer to an earlier call may
--       be lost, so list again what it has taken; '2': it is busy for long, so another runner is to go on
--       8 number of items that ended  9.. of each: node, attempt, retries, nesting, state, result or error; then nodes it
--       gives back
-- RETURNS: {'ok', effects, taken, created} taken: node, attempt, input, definition and checkpoint of each item;
--          created: time of the run's creation
--          | {'gone'} there is no such run | {'held', effects, taken} the run is suspended or interrupted, or the pool starts nothing more
--          | {'stale', effects} the runner was superseded
-- include: everything begin_item taking resend asked
if not status then return reply('gone') end
if repeated then -- it lists again what it has taken
  resend(known)
  ARGV[6], ARGV[7] = '0', '1'
end
local first_reply = reply
local function reply(word, ...) -- ends of items are recorded whatever the answer is
  local answer = first_reply(word, ...)
  if not repeated then remember() end
  return answer
end
-- A function, because a Lua function has 200 local variables at most.
local function take_next()
  local runner, ended = ARGV[1], tonumber(ARGV[8])
  local owner = runner .. ':' .. ARGV[2] .. ' ' .. ARGV[5]
  local PARTS, gone = 6, {} -- arguments for each ended item; items that the runner has no longer
  for i = 9, 9 + PARTS * (ended - 1), PARTS do
    local node, attempt, retries, nesting, state, payload = unpack(ARGV, i, i + PARTS - 1)
    local live = running_body(node, attempt, retries, nesting)
    gone[node] = true
    if live then settle(node, live, state, payload) end
  end
  local pool_id = pool_of_runner(runner)
  local pool, definition = get_pool(pool_id), definition_of(pool_id)
  local cap = number(definition, ATTRIBUTE.max_concurrency)
  for i = 9 + PARTS * ended, #ARGV do
    gone[ARGV[i]] = true
    give_back(ARGV[i], owner, cap and ARGV[7] == '2')
  end
  if not running_body(runner, ARGV[2], ARGV[3], ARGV[4]) then return reply('stale') end
  local items = items_of_runner(runner, ARGV[2])
  local taken = ARGV[7] == '1' and list_again(items, owner) or {}
  if held or (pool and (pool.stopped or withdrawn_with(pool_id))) then return reply('held', taken) end
  if not pool or pool.gone then return reply('ok', taken, created) end
  local room, waiting = tonumber(ARGV[6]), pool.next < pool.size or returned_items(pool_id) ~= ''
  if ARGV[7] == '2' and waiting and pool.runners < MOST_RUNNERS and not cap then call_runner(pool_id, pool) end
  -- The places of a bounded pool are shared: no runner takes items that another could run at the same time.
  local is_filling = cap and redis.call('HEXISTS', root, HEAD.more) == 1 -- more runners are about to be called
  if cap then room = math.min(room, is_filling and 1 or math.max(1, math.floor(cap / math.max(pool.runners, 1)))) end
  if room > 0 then room = take_returned(taken, pool_id, owner, ARGV[5], room) end
  while room > 0 and wants_more(pool) and (not cap or pool.next - pool.done < cap) do
    local index, priority, entry = peek(pool_id, definition, pool)
    if not index then break end
    draw(pool_id, definition, pool, index, priority, entry)
    if take_item(taken, pool_id .. '.' .. index, pool, owner, ARGV[5]) then room = room - 1 end
  end
  list_items(runner, ARGV[2], items, gone, taken)
  return reply('ok', taken, created)
end
return take_next()
