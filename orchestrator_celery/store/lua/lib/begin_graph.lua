-- A graph begins: its first tokens leave START.
-- An earlier release created the run, and the graph has no layout, so it fails in words.
local function fail_outdated(graph_id)
  local holder, words = graph_id .. '.' .. PLACE.value, 'An earlier release created this run, and its graphs cannot start in '
    .. 'this release: apply the signature again.'
  put_ended(holder, STATE.failed, 0, now, '', cjson.encode({ type = 'FormatTooOld', message = words, traceback = '' }))
  return complete(graph_id, definition_of(graph_id), STATE.failed, holder, now)
end

local function begin_graph(graph_id, input)
  if tonumber(format or FORMAT.version) < FORMAT.graphs then return fail_outdated(graph_id) end
  if not graphed then redis.call('HSET', root, HEAD.graph, 1) end
  graphed = '1'
  if attribute(definition_of(graph_id), ATTRIBUTE.own_arguments) then -- beside its input
    redis.call('HSET', ended_key, graph_id .. BESIDE.input, input)
    input = SOURCE.with_own .. graph_id
  end
  if ahead and redis.call('HEXISTS', ended_key, graph_id .. BESIDE.graph) == 1 then
    return resume_graph(graph_id, input)
  end
  local graph = new_graph(graph_id, input)
  graph.busy = true -- visits that end at once wait until all first tokens have left
  leave_start(graph_id, graph)
  graph.busy = nil
  return move_tokens(graph_id, graph)
end
