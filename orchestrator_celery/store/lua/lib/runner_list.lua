-- The runners of a pool that have not ended: a field beside the pool lists their numbers, so that no call looks for them among all
-- live nodes. It outlives the pool. A pool whose runners an earlier release has called has no list.
local function listed_runners(pool_id) return redis.call('HGET', active_key, pool_id .. BESIDE.runners) or nil end

local function runners_before(pool_id, pool) return pool.runners == 0 and '' or listed_runners(pool_id) end

local function list_runners(pool_id, listed, ...) -- and those that were called now
  if not listed or listed == '' and select('#', ...) == 0 then return end
  local called = select('#', ...) > 0 and table.concat({ ... }, ' ') .. ' ' or ''
  redis.call('HSET', active_key, pool_id .. BESIDE.runners, listed .. called)
end

local function unlist_runner(pool_id, runner)
  local listed = listed_runners(pool_id)
  if not listed then return end
  local rest = (' ' .. listed):gsub(' ' .. runner:match('%d+$') .. ' ', ' ', 1):sub(2)
  redis.call('HSET', active_key, pool_id .. BESIDE.runners, rest)
end

local function runners_of_pool(pool_id)
  local runners, listed = {}, listed_runners(pool_id)
  for number in (listed or ''):gmatch('%d+') do runners[#runners + 1] = pool_id .. '.' .. PLACE.runner .. number end
  for _, node in ipairs(listed and {} or redis.call('HKEYS', live_key)) do
    if pool_of_runner(node) == pool_id then runners[#runners + 1] = node end
  end
  return runners
end
