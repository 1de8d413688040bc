-- Items of a pool get in line, or leave their place in it.
-- From now on the items of this pool differ in priority.
local function mix(pool_id, pool, priorities)
  if pool.mixed then return end
  pool.mixed, mixed = true, '1'
  redis.call('HSET', root, HEAD.mixed, 1)
  if priorities then
    line_up_all(pool_id, priorities, 0)
  elseif pool.next < pool.size then
    put_range(pool_id, PRIORITY.medium, pool.next, pool.size - 1)
  end
  pool.held[PRIORITY.medium] = pool.next - pool.done
end

-- Takes waiting items with some indexes out of the line, unless their priority is `except`; returns at most `most` ranges.
local function take_out(pool_id, first, last, except, most)
  local taken = {}
  for priority = PRIORITY.low, PRIORITY.high do
    local index = priority ~= except and last or -1
    while index >= first and #taken < most do
      local range_first, range_last, entry = range_before(pool_id, priority, index)
      if not entry or range_last < first then break end
      redis.call('ZREM', line_of(pool_id), entry)
      if range_first < first then put_range(pool_id, priority, range_first, first - 1) end
      if range_last > index then put_range(pool_id, priority, index + 1, range_last) end
      taken[#taken + 1] = { first = math.max(range_first, first), last = math.min(range_last, index) }
      index = range_first - 1
    end
  end
  return taken
end
