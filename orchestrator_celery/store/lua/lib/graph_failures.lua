-- Failures in graphs: which visits a graph failed with.
local take_back_below

local function take_back_graph(node) -- its tokens stay where they are
  local state = redis.call('HGET', DONE, node .. ':g')
  if not state then return end
  local g = read_graph(node, state)
  graphs[node] = nil
  for _, visits in ipairs({ g.on, g.un }) do
    for key in pairs(visits) do take_back_below(node .. '.' .. key) end
  end
end

local function is_node(id) return definition(id):sub(1, 2) == 'N ' end

-- Whether a visit of a graph's node failed the graph, with others or alone; others took an error edge, or were tried again.
local function left_undone(id, k)
  local graph, at = id:match('^(.*)%.(%d+)$')
  local g, key = read_graph(graph, redis.call('HGET', DONE, graph .. ':g')), at .. '.' .. k
  graphs[graph] = nil
  return (g.un[key] or g.on[key]) ~= nil
end
