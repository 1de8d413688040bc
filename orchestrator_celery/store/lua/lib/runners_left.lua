-- Runners that nobody needs any more.
-- When a pool has ended, runners that no worker has claimed are not needed any more.
local MOST_FIELDS = 1000 -- that one command names
local function dismiss_runners(pool_id)
  local runners, left = runners_of_pool(pool_id), {}
  for first = 1, #runners, MOST_FIELDS do
    local some, waiting = { unpack(runners, first, math.min(first + MOST_FIELDS - 1, #runners)) }, {}
    for i, record in ipairs(redis.call('HMGET', live_key, unpack(some))) do
      if record and live_state(record) == STATE.queued then
        waiting[#waiting + 1] = some[i]
      elseif record then
        left[#left + 1] = some[i]:match('%d+$') .. ' '
      end
    end
    if #waiting > 0 then redis.call('HDEL', live_key, unpack(waiting)) end
  end
  redis.call('HSET', active_key, pool_id .. BESIDE.runners, table.concat(left))
end

-- The runners of a pool that begins again: the new ones get other ids, and those of before have nothing to say.
local function forget_runners(pool_id, pool) -- also those that have not noticed its end
  if pool.called == 0 then return end
  for _, runner in ipairs(runners_of_pool(pool_id)) do
    redis.call('HDEL', live_key, runner)
    redis.call('HDEL', active_key, runner .. BESIDE.taken)
  end
  redis.call('HDEL', active_key, pool_id .. BESIDE.runners)
  redis.call('HSET', ended_key, pool_id .. BESIDE.called, pool.called)
end
