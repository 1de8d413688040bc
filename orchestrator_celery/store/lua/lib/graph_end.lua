-- The end of a graph: the result of the node that reached END, or of several by name.
local function graph_ended(node, g)
  g.gone = true
  redis.call('HSET', DONE, node .. ':g', graph_text(g)) -- for those who look at it, and for a retry
  if g.err then return complete(node, definition(node), 'F', g.err, g.since) end
  local nodes, lines = {}, {}
  for _, known in ipairs(g.ends) do
    if known[1] ~= 'S' then nodes[#nodes + 1] = known end
  end
  if #nodes == 1 then return complete(node, definition(node), 'S', nodes[1][2], g.since) end
  table.sort(nodes, function(a, b) return tonumber(a[1]) < tonumber(b[1]) end)
  for i, known in ipairs(nodes) do lines[i] = attr(definition(node .. '.' .. known[1]), 'nm') .. ' ' .. known[2] end
  redis.call('HSET', DONE, node .. ':ends', table.concat(lines, '\n'))
  return complete(node, definition(node), 'S', '+', g.since)
end
