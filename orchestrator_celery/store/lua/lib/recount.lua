-- Items of a pool that is to begin, of which some have records: these count as ended, and the others get in line.
local function priorities_by_index(text, from, to) -- from one index to another, without items of medium priority
  local found = {}
  for priority, first, last in text:gmatch('(%d):(%d+)-(%d+)') do
    if tonumber(priority) ~= PRIORITY.medium then
      for i = math.max(from, first), math.min(to, last) do found[i] = tonumber(priority) end
    end
  end
  return found
end

-- Counts the items of a chunk. `count` has `size`, `next`: the first of them, `done`, `failed`, `first_error`, and the range
-- that is being collected: `priority` and `first`. `takes_back(item, record)` answers whether a failed item waits again.
local function count_chunk(pool_id, count, chunk, text, may_be_drawn, takes_back)
  local from, to, items, fields = count.next, math.min(count.size, count.next + chunk) - 1, {}, {}
  for i = from, to do
    items[#items + 1] = pool_id .. '.' .. i
    fields[#fields + 1] = items[#items] .. BESIDE.priority -- of an item that started before
  end
  local records = redis.call('HMGET', ended_key, unpack(items))
  local drawn = may_be_drawn and redis.call('HMGET', ended_key, unpack(fields)) or {}
  local priorities = priorities_by_index(text, from, to)
  for i, record in ipairs(records) do
    local index, priority = from + i - 1, nil
    local has_failed = record and ended_state(record) == STATE.failed
    if not record or has_failed and takes_back and takes_back(items[i], record) then
      priority = tonumber(drawn[i] or priorities[index] or PRIORITY.medium)
    else
      count.done = count.done + 1
      if has_failed then count.failed, count.first_error = count.failed + 1, count.first_error or index end
    end
    if count.priority and priority ~= count.priority then put_range(pool_id, count.priority, count.first, index - 1) end
    if priority ~= count.priority then count.priority, count.first = priority, index end
  end
  count.next = to + 1
  if count.next >= count.size and count.priority then put_range(pool_id, count.priority, count.first, count.size - 1) end
end

local function recount(pool_id, pool, text, may_be_drawn)
  local count = { size = pool.size, next = 0, done = 0, failed = 0 }
  while count.next < count.size do count_chunk(pool_id, count, 500, text, may_be_drawn) end
  pool.done, pool.failed, pool.first_error, pool.next = count.done, count.failed, count.first_error, count.done
end
