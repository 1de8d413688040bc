-- The runners of a pool that begins again: the new ones get other ids, and those of before have nothing to say.
local function forget_runners(pool_id, pool) -- also those that have not noticed its end
  for _, field in ipairs(redis.call('HKEYS', live_key)) do
    if pool_of_runner(field) == pool_id then redis.call('HDEL', live_key, field) end
  end
  if pool.called > 0 then redis.call('HSET', ended_key, pool_id .. BESIDE.called, pool.called) end
end
