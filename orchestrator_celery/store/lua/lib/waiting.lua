-- Whether a node can be taken out: only if it has not started.
local function state_of_visits(node) -- state of the newest visit of a graph's node; nil if it was not visited
  local graph_id, at = parent_and_index(node)
  local graph = shape_of(definition_of(node)) == SHAPE.graph_node and get_graph(graph_id)
  if not graph or node_at(graph, at).turns == 0 then return nil end
  local record = redis.call('HGET', ended_key, node .. '.' .. node_at(graph, at).turns - 1)
  return record and PUBLIC[ended_state(record)] or 'RUNNING'
end

local function state_if_begun(node) -- nil for a node that waits; SKIPPED for one that never starts
  local record, live = redis.call('HGET', ended_key, node), get_live(node)
  if record then return PUBLIC[ended_state(record)] end
  if live then return PUBLIC[live.state] end -- nil while it is in the outbox
  if redis.call('HEXISTS', active_key, node) == 1 then return 'RUNNING' end
  if state_of_visits(node) then return state_of_visits(node) end
  for _, ancestor in ipairs(ancestors_of(node)) do
    if redis.call('HEXISTS', ended_key, ancestor.id) == 1 then return 'SKIPPED' end
  end
end

local function why_not_removable(node) -- nil if the node can be taken out
  if not is_known(node) then return 'unknown' end
  if not in_tree(node) then return 'callback' end
  if node == '0' then return 'root' end
  return state_if_begun(node)
end
