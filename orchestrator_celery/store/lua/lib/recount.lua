-- A pool of which items have ended before it begins, or begins again: they count, and the others get in line.
local CHUNK = 500

local function levels_of(text) -- of items by index, without those at MEDIUM
  local found = {}
  for level, first, last in text:gmatch('(%d):(%d+)-(%d+)') do
    for i = first, tonumber(level) == MEDIUM and -1 or last do found[i] = tonumber(level) end
  end
  return found
end

local function recount(node, p, levels, by_item)
  local level, first -- of a range that waits
  local function wait(index, at)
    if level and at ~= level then put_range(node, level, first, index - 1) end
    if at ~= level then level, first = at, index end
  end
  for start = 0, p.n - 1, CHUNK do
    local names = {}
    for i = start, math.min(p.n, start + CHUNK) - 1 do names[#names + 1] = node .. '.' .. i end
    for i, record in ipairs(redis.call('HMGET', DONE, unpack(names))) do
      local index = start + i - 1
      if record then
        wait(index, nil)
        p.done = p.done + 1
        if record:sub(1, 1) == 'F' then p.failed, p.err = p.failed + 1, p.err or index end
      else
        local drawn = by_item and redis.call('HGET', DONE, names[i] .. ':p') -- it has had its turn before
        wait(index, tonumber(drawn or levels[index] or MEDIUM))
      end
    end
  end
  wait(p.n, nil)
  p.next = p.done
end
