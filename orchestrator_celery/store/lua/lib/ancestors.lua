-- Where a node is in the tree.
-- Every composite that contains a node, the outermost first, with the index of the child on the way to the node.
local function ancestors_of(node)
  local found, position = {}, 1
  while true do
    local dot, last = node:find('%.%d+', position)
    if not dot then return found end
    found[#found + 1] = { id = node:sub(1, dot - 1), index = tonumber(node:sub(dot + 1, last)) }
    position = last + 1
  end
end

local function is_known(node)
  return redis.call('HEXISTS', ended_key, node) == 1 or redis.call('HEXISTS', definitions_key, node) == 1
    or from_segment(node) ~= nil or get_live(node) ~= nil
end

-- The public name of a state.
local PUBLIC = {
  [STATE.succeeded] = 'SUCCEEDED', [STATE.failed] = 'FAILED', [STATE.skipped] = 'SKIPPED',
  [STATE.running] = 'RUNNING', [STATE.stopping] = 'RUNNING', [STATE.delegated] = 'RUNNING',
  [STATE.held] = 'INTERRUPTED',
}
