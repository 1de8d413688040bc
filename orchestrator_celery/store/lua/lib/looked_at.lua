-- Records that a decision reads, so that the process that makes it needs no call to read them.
local function looked_at(graph, definition, reference) -- node and record, alternating
  local found = {}
  local function add(node)
    local record = node and redis.call('HGET', ended_key, node)
    if record then found[#found + 1], found[#found + 2] = node, record end
  end
  add(reference)
  for at in (attribute(definition, ATTRIBUTE.looks_at) or ''):gmatch('%d+') do add(graph.newest[at]) end
  return found
end
