-- Where a node stands in the tree.
local function above(node) -- every composite it is in, the outermost first, with the index of the child on the way
  local found, place = {}, 1
  while true do
    local dot, last = node:find('%.%d+', place)
    if not dot then return found end
    found[#found + 1] = { node:sub(1, dot - 1), tonumber(node:sub(dot + 1, last)) }
    place = last + 1
  end
end

local function is_known(node)
  return redis.call('HEXISTS', DONE, node) == 1 or redis.call('HEXISTS', DEF, node) == 1 or from_segment(node) ~= nil
    or get_live(node) ~= nil
end

local WORDS = { S = 'SUCCEEDED', F = 'FAILED', K = 'SKIPPED', R = 'RUNNING', I = 'RUNNING', D = 'RUNNING', H = 'INTERRUPTED' }
