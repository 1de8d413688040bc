-- A pool begins, or begins again, and some items have records already: they count as ended, and the others get in line.
local CHUNK = 500

local function priorities_by_index(text) -- without items of medium priority
  local found = {}
  for priority, first, last in text:gmatch('(%d):(%d+)-(%d+)') do
    for i = first, tonumber(priority) == PRIORITY.medium and -1 or last do found[i] = tonumber(priority) end
  end
  return found
end

local function recount(pool_id, pool, priorities, may_be_drawn)
  local priority, first -- of the range that is being collected
  local function collect(index, item_priority) -- nil for an item that does not wait
    if priority and item_priority ~= priority then put_range(pool_id, priority, first, index - 1) end
    if item_priority ~= priority then priority, first = item_priority, index end
  end
  for start = 0, pool.size - 1, CHUNK do
    local items = {}
    for i = start, math.min(pool.size, start + CHUNK) - 1 do items[#items + 1] = pool_id .. '.' .. i end
    for i, record in ipairs(redis.call('HMGET', ended_key, unpack(items))) do
      local index = start + i - 1
      if record then
        collect(index, nil)
        pool.done = pool.done + 1
        if ended_state(record) == STATE.failed then
          pool.failed, pool.first_error = pool.failed + 1, pool.first_error or index
        end
      else
        -- An item that started before the retry has its priority beside its record.
        local drawn = may_be_drawn and redis.call('HGET', ended_key, items[i] .. BESIDE.priority)
        collect(index, tonumber(drawn or priorities[index] or PRIORITY.medium))
      end
    end
  end
  collect(pool.size, nil)
  pool.next = pool.done
end
