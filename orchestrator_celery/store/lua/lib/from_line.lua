-- Items of pools in which priorities differ: the first waiting item of the highest priority that has a free place.
local function has_place(definition, pool, priority)
  local reserved = reserved_places(definition)
  if not reserved or pool.held[priority] < reserved[priority] then return true end
  local free = number(definition, ATTRIBUTE.max_concurrency)
  for each = PRIORITY.low, PRIORITY.high do free = free - math.max(pool.held[each], reserved[each]) end
  return free > 0
end

local function peek_in_line(pool_id, definition, pool)
  for priority = PRIORITY.high, PRIORITY.low, -1 do
    local entry = redis.call('ZRANGEBYSCORE', line_of(pool_id), score_of(priority, 0), ceiling_of(priority),
      'LIMIT', 0, 1)[1]
    if entry and has_place(definition, pool, priority) then return parse_range(entry), priority, entry end
  end
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
