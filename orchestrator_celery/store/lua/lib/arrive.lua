-- Where tokens meet: joins, and END.
-- Only joins of the same component can be reached once more, so the others need not be remembered.
local function passage_to(graph, from, at, passage)
  if component_of(graph, from) ~= component_of(graph, at) then return { visit = passage.visit } end
  local own = {}
  for name, value in pairs(passage) do own[name] = value end
  return own
end

-- Whether a token comes to an `any` join that has started without it.
local function is_late(graph, at, passage)
  return join_kind(graph, at) == 'any' and (passage[at] or 0) < node_at(graph, at).starts
end

local function recursion_error(graph, at)
  local definition = node_definition(graph, at)
  return OUTCOME.recursion .. attribute(definition, ATTRIBUTE.name) .. ':' .. attribute(definition, ATTRIBUTE.max_visits)
end

-- What the tokens that wait at an `all` join have passed, in a field only where that is anything.
local function merge_passage(graph, at, passage)
  passage.visit = nil
  if next(passage) == nil then return end
  local field = graph.id .. '.' .. at .. BESIDE.passage
  local all = parse_visit(redis.call('HGET', ended_key, field) or '||')
  for name, value in pairs(passage) do all.passage[name] = math.max(all.passage[name] or 0, value) end
  redis.call('HSET', ended_key, field, write_visit(all))
end

local function arrive_at_join(graph_id, graph, at, source, input, passage, join)
  if join == 'any' then
    if is_late(graph, at, passage) then return emit('ignored', graph_id .. '.' .. at) end
    local node = node_at(graph, at)
    node.starts = node.starts + 1
    passage[at] = node.starts
    return visit(graph_id, graph, at, input, passage)
  end
  redis.call('HSET', ended_key, graph_id .. '.' .. at .. BESIDE.arrived .. source, input)
  merge_passage(graph, at, passage)
  set_waiting(graph, at, true)
end

local function arrive(graph_id, graph, at, source, input, passage)
  local join = join_kind(graph, at)
  if join then return arrive_at_join(graph_id, graph, at, source, input, passage, join) end
  return visit(graph_id, graph, at, input, passage)
end
