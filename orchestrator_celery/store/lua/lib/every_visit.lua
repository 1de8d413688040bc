-- All nodes of a graph, and all visits that are open: one look at each node, where a graph fails or begins again.
-- Reads the records of all nodes, and of START; returns their numbers.
local function every_node(graph)
  local all = { PLACE.start }
  for i = 0, number(definition_of(graph.id), ATTRIBUTE.size) - 1 do all[#all + 1] = tostring(i) end
  for first = 1, #all, 500 do
    local fields, last = {}, math.min(#all, first + 499)
    for i = first, last do fields[#fields + 1] = graph.id .. '.' .. all[i] .. BESIDE.node end
    for i, record in ipairs(redis.call('HMGET', ended_key, unpack(fields))) do node_at(graph, all[first + i - 1], record) end
  end
  return all
end

-- Names of all visits at which a token is, or whose edges were not followed.
local function open_visits(graph)
  local found = {}
  for _, at in ipairs(every_node(graph)) do
    local left, turn = node_at(graph, at).open, node_at(graph, at).turns
    while left > 0 and turn >= 0 do -- a join that was not to start once more has the number of its next body
      local key = at .. '.' .. turn
      if visit_at(graph, key) then found[#found + 1], left = key, left - 1 end
      turn = turn - 1
    end
  end
  return found
end
