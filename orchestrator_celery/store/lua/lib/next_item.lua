-- Which item gets a free place of a pool: the first waiting item of the highest priority (invariant 5). A swarm may reserve
-- places for each priority.
local function reserved_places(definition) -- by priority; nil without reservations
  local slots = attribute(definition, ATTRIBUTE.slots)
  if not slots then return nil end
  local high, medium, low = slots:match('^(%d+),(%d+),(%d+)$')
  return { tonumber(low), tonumber(medium), tonumber(high) }
end

local function has_place(definition, pool, priority)
  local reserved = reserved_places(definition)
  if not reserved or pool.held[priority] < reserved[priority] then return true end
  local free = number(definition, ATTRIBUTE.max_concurrency)
  for each = PRIORITY.low, PRIORITY.high do free = free - math.max(pool.held[each], reserved[each]) end
  return free > 0
end

-- The next item, without starting it: its index and, where priorities differ, its priority and the entry in the line.
-- Nil if no place is free for any waiting item.
local function peek_in_line(pool_id, definition, pool)
  for priority = PRIORITY.high, PRIORITY.low, -1 do
    local entry = redis.call('ZRANGEBYSCORE', line_of(pool_id), score_of(priority, 0), ceiling_of(priority),
      'LIMIT', 0, 1)[1]
    if entry and has_place(definition, pool, priority) then return parse_range(entry), priority, entry end
  end
end

local function peek(pool_id, definition, pool)
  if pool.mixed then return peek_in_line(pool_id, definition, pool) end
  return pool.next
end

local function draw_from_line(pool_id, definition, pool, index, priority, entry)
  local _, last = parse_range(entry)
  redis.call('ZREM', line_of(pool_id), entry)
  if index < last then put_range(pool_id, priority, index + 1, last) end
  if reserved_places(definition) then pool.held[priority] = pool.held[priority] + 1 end
  if priority ~= PRIORITY.medium then
    redis.call('HSET', ended_key, pool_id .. '.' .. index .. BESIDE.priority, priority)
  end
end

-- Takes the item that `peek` returned out of the line.
local function draw(pool_id, definition, pool, index, priority, entry)
  pool.next = pool.next + 1
  if pool.mixed then draw_from_line(pool_id, definition, pool, index, priority, entry) end
end

local function give_place_back(definition, pool, item)
  if not reserved_places(definition) then return end
  local priority = tonumber(redis.call('HGET', ended_key, item .. BESIDE.priority) or PRIORITY.medium)
  pool.held[priority] = pool.held[priority] - 1
end
