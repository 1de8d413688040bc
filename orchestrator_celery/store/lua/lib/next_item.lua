-- Who gets a free place of a pool: the highest level that waits, first come first served inside it (invariant 5);
-- `sl=h,m,l` of a swarm keeps so many places for each level.
local function reserved(spec)
  local slots = attr(spec, 'sl')
  if not slots then return nil end
  local high, medium, low = slots:match('^(%d+),(%d+),(%d+)$')
  return { tonumber(low), tonumber(medium), tonumber(high) }
end

local function has_place(spec, p, level)
  local kept = reserved(spec)
  if not kept or p.held[level] < kept[level] then return true end
  local free = number(spec, 'cap')
  for each = 1, 3 do free = free - math.max(p.held[each], kept[each]) end
  return free > 0
end

local function first_in_line(node, spec, p)
  for level = 3, 1, -1 do
    local low = string.format('%.0f', floor_of(level))
    local found = redis.call('ZRANGEBYSCORE', line(node), low, string.format('(%.0f', floor_of(level - 1)), 'LIMIT', 0, 1)[1]
    if found and has_place(spec, p, level) then return level, found end
  end
end

-- The next item, without starting it: its index, and of a mixed pool its level and range; nil when no place is free for
-- any that waits.
local function peek(node, spec, p)
  if not p.mixed then return p.next end
  local level, found = first_in_line(node, spec, p)
  return level and tonumber(found:match('^%d+')), level, found
end

local function draw(node, spec, p, index, level, found)
  p.next = p.next + 1
  if not p.mixed then return end
  local last = tonumber(found:match('%d+$'))
  redis.call('ZREM', line(node), found)
  if index < last then put_range(node, level, index + 1, last) end
  if reserved(spec) then p.held[level] = p.held[level] + 1 end
  if level ~= MEDIUM then redis.call('HSET', DONE, node .. '.' .. index .. ':p', level) end
end

local function give_place_back(spec, p, item)
  if not reserved(spec) then return end
  local level = tonumber(redis.call('HGET', DONE, item .. ':p') or MEDIUM)
  p.held[level] = p.held[level] - 1
end
