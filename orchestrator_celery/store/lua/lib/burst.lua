-- Bursts: a pool fills its free places over several calls, so that no script takes long and no process publishes for long.
local BURST = 64 -- most messages that one call asks its caller to publish before it starts no more items, ...
local MOST_STARTED = 256 -- ... and most items, or runners, that it starts

local function is_burst_over(started) return started >= MOST_STARTED or #effects - announced >= BURST end

-- A burst was too short for the free places. The next claim of a task of the run asks for the next burst. So there are always
-- messages for workers that have time, and none publishes for long. If no task is claimed for long, the reconciler asks.
local function more_later(pool_id)
  local pending = redis.call('HGET', root, HEAD.more)
  if not pending then return owe(HEAD.more, pool_id) end
  if (' ' .. pending .. ' '):find(' ' .. pool_id .. ' ', 1, true) then return end
  redis.call('HSET', root, HEAD.more, pending .. ' ' .. pool_id)
end

-- Whether the next burst of an unbounded pool is due when one of its tasks is claimed: as long as many messages wait for
-- processes, no more are sent. Items that a process goes on with count as waiting here; then the time that the message waited
-- tells whether there are enough.
local FEW, SHORT_WAIT = BURST / 2, 50 -- messages; milliseconds
local function is_burst_due(pool_id, pool, node, waited)
  if pool.singly and returned_items(pool_id) ~= '' then return true end -- these have no order
  local index = not pool.mixed and node:sub(1, #pool_id + 1) == pool_id .. '.' and tonumber(node:match('^%d+', #pool_id + 2))
  if not index or number(definition_of(pool_id), ATTRIBUTE.max_concurrency) then return true end
  return pool.next - index <= FEW or index >= BURST and waited < SHORT_WAIT
end
