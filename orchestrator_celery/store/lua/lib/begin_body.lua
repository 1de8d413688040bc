-- A body begins, and what its process gets with the claim.
local function waits_of(live) -- of a leaf whose message is claimed: milliseconds since its turn, and since the publication
  local queued = math.max(0, tonumber(now) - live.since)
  return queued, math.max(0, math.min(queued, tonumber(now) - live.sent))
end

local function begin_body(node, live, owner)
  live.state, live.since, live.owner = STATE.running, now, owner
  put_live(node, live)
  if status == STATUS.pending then set_status(STATUS.running, HEAD.started, now) end
  emit('started', node, EVENT.attempt, live.attempt, EVENT.worker, worker_of(live))
end

-- Of a graph's node whose edges the process may choose: its definition, and what the edges depend on beside the result.
local function given_for_edges(node, checkpoint)
  local owner = parent_of(node)
  local definition = owner and redis.call('HGET', definitions_key, owner)
  local is_node = definition and shape_of(definition) == SHAPE.graph_node
  local foreseeable = is_node and attribute(definition, ATTRIBUTE.foreseeable)
  if foreseeable == '1' then return checkpoint or '', definition end
  if foreseeable == '2' then
    local graph_id, at, turn = parts_of_visit(node)
    local graph = get_graph(graph_id)
    return checkpoint or '', definition, graph.input, cjson.encode(newest_read(graph, definition)),
      visit_at(graph, at .. '.' .. turn).passage.visit or 0, looked_at(graph, definition)
  end
  if checkpoint then return checkpoint end
end

-- The checkpoint, and what the process needs to choose edges.
local function given_to_body(node, live)
  local checkpoint = (live.attempt > 1 or live.retries > 0) and (redis.call('HGET', checkpoints_key, node) or '')
  if graphed then return given_for_edges(node, checkpoint) end
  if checkpoint then return checkpoint end
end
