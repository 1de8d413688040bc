-- What is left to do below a node: children as `node:first-last ...`, the innermost last.
local function parse_left(place)
  local left = {}
  for node, first, last in place:gmatch('(%S+):(%d+)-(%d+)') do
    left[#left + 1] = { node = node, next = tonumber(first), last = tonumber(last) }
  end
  return left
end

local function write_left(left)
  local found = {}
  for i, each in ipairs(left) do found[i] = string.format('%s:%d-%d', each.node, each.next, each.last) end
  return table.concat(found, ' ')
end
