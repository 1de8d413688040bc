-- What a decision reads, so that the process that makes it needs no call to read it.
-- Newest results of the nodes that conditions name, by number; with `own`, also of the node itself, and what its inputs name.
local function newest_read(graph, definition, own)
  local names = attribute(definition, ATTRIBUTE.looks_at) or ''
  if own then names = table.concat({ own, names, attribute(definition, ATTRIBUTE.inputs_from) or '' }, ',') end
  local found = {}
  for at in names:gmatch('%d+') do
    local newest = node_at(graph, at).newest
    if newest ~= '' then found[at] = newest end
  end
  return found
end

local function looked_at(graph, definition, reference) -- node and record, alternating
  local found = {}
  local function add(node)
    local record = node and node ~= '' and redis.call('HGET', ended_key, node)
    if record then found[#found + 1], found[#found + 2] = node, record end
  end
  add(reference)
  for at in (attribute(definition, ATTRIBUTE.looks_at) or ''):gmatch('%d+') do add(node_at(graph, at).newest) end
  return found
end

-- Whether results by which a process has chosen edges are still the newest ones.
local function are_newest(node, results)
  local graph = get_graph((parts_of_visit(node)))
  for at, reference in results:gmatch('(%d+):(%S*)') do
    if not graph or node_at(graph, at).newest ~= reference then return false end
  end
  return true
end
