-- Items that a runner has taken. A field beside a claimed runner lists their indexes behind its attempt, so that no call looks for
-- them among all live nodes. Items on the list may have ended, or go on without the runner.
local function items_of_runner(runner, attempt)
  local pool_id, items = pool_of_runner(runner), {}
  local noted, indexes = (redis.call('HGET', active_key, runner .. BESIDE.taken) or ''):match('^(%d+)(.*)$')
  if tonumber(noted) == tonumber(attempt) then
    for index in indexes:gmatch('%d+') do items[#items + 1] = pool_id .. '.' .. index end
    return items
  end
  -- A process of an earlier release has claimed this attempt and keeps no list.
  for _, node in ipairs(redis.call('HKEYS', live_key)) do
    if parent_of(node) == pool_id then items[#items + 1] = node end
  end
  return items
end

-- A process claims a runner, which may have items if it was claimed before.
local function list_no_items(runner, attempt)
  local field = runner .. BESIDE.taken
  local noted = (redis.call('HGET', active_key, field) or ''):match('^%d+')
  if tonumber(noted) ~= attempt then redis.call('HSET', active_key, field, attempt) end
end
