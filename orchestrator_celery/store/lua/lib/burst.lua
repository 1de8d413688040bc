-- Bursts: a pool fills its free places over several calls, so that no script takes long and no process publishes for long.
local BURST = 64 -- most messages that one call asks its caller to publish before it starts no more items, ...
local MOST = 256 -- ... and most items, or runners, that it starts

local function is_burst_over(started) return started >= MOST or #effects - announced >= BURST end

-- A burst was too short for the free places. The next claim of a task of the run asks for the next burst. So there are always
-- messages for workers that have time, and none publishes for long. If no task is claimed for long, the reconciler asks.
local function more_later(pool_id)
  local pending = redis.call('HGET', root, HEAD.more)
  if not pending then return owe(HEAD.more, pool_id) end
  if (' ' .. pending .. ' '):find(' ' .. pool_id .. ' ', 1, true) then return end
  redis.call('HSET', root, HEAD.more, pending .. ' ' .. pool_id)
end
