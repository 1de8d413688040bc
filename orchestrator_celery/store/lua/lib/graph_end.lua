-- The end of a graph: the result of the node that reached END, or of several by name.
local function graph_ended(node, g)
  g.gone = true
  redis.call('HSET', DONE, node .. ':g', graph_text(g)) -- for those who look at it, and for a retry
  if g.err then return complete(node, definition(node), 'F', g.err, g.since) end
  if #g.ends == 1 then return complete(node, definition(node), 'S', g.ends[1][2], g.since) end
  local lines = {}
  table.sort(g.ends, function(a, b) return (tonumber(a[1]) or -1) < (tonumber(b[1]) or -1) end)
  for i, known in ipairs(g.ends) do
    local name = known[1] == 'S' and '__start__' or attr(definition(node .. '.' .. known[1]), 'nm')
    lines[i] = name .. ' ' .. known[2]
  end
  redis.call('HSET', DONE, node .. ':ends', table.concat(lines, '\n'))
  return complete(node, definition(node), 'S', '+', g.since)
end
