-- What waits in a mixed pool, one whose items differ in priority: ranges of indexes, by level and place, so that a
-- million items of one level are one entry. In other pools items go by their index, and nothing is kept.
local SPAN, MEDIUM = 2 ^ 40, 2

local function floor_of(level) return (3 - level) * SPAN end
local function line(node) return root .. ':q:' .. node end

local function put_range(node, level, first, last)
  redis.call('ZADD', line(node), string.format('%.0f', floor_of(level) + first), first .. '-' .. last)
end

-- The last range of a level that begins at or before an index.
local function range_before(node, level, index)
  local found = redis.call('ZREVRANGEBYSCORE', line(node), string.format('%.0f', floor_of(level) + index),
    string.format('%.0f', floor_of(level)), 'LIMIT', 0, 1)[1]
  if not found then return nil end
  local first, last = found:match('^(%d+)-(%d+)$')
  return tonumber(first), tonumber(last), found
end

local function line_up(node, level, first, last)
  local a, b, before = range_before(node, level, first)
  if before and b == first - 1 then
    redis.call('ZREM', line(node), before)
    first = a
  end
  put_range(node, level, first, last)
end
