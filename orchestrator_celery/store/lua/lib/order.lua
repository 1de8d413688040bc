-- Items of a pool get in line, or leave it for another level.
-- `levels`: `level:first-last ...`, counted from `offset`.
local function line_up_all(node, levels, offset)
  for level, first, last in levels:gmatch('(%d):(%d+)-(%d+)') do
    line_up(node, tonumber(level), offset + first, offset + last)
  end
end

-- From now on the items of a pool differ in priority.
local function mix(node, p, levels)
  if p.mixed then return end
  p.mixed, mixed = true, '1'
  redis.call('HSET', root, 'mixed', 1)
  if levels then
    line_up_all(node, levels, 0)
  elseif p.next < p.n then
    put_range(node, MEDIUM, p.next, p.n - 1)
  end
  p.held[MEDIUM] = p.next - p.done
end

-- Take what waits of some indexes, at other levels than `except`, out of the line; returns it as ranges.
local function take_out(node, first, last, except)
  local taken = {}
  for level = 1, 3 do
    local upto = level ~= except and last or -1
    while upto >= first do
      local a, b, found = range_before(node, level, upto)
      if not found or b < first then break end
      redis.call('ZREM', line(node), found)
      if a < first then put_range(node, level, a, first - 1) end
      if b > upto then put_range(node, level, upto + 1, b) end
      taken[#taken + 1] = { math.max(a, first), math.min(b, upto) }
      upto = a - 1
    end
  end
  return taken
end
