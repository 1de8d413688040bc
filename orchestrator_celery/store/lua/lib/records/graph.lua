-- Records of graphs: see orchestrator_celery/records/graphs/graph.py. A call reads each field once and writes it once, at its end.
-- In the scripts, `graph_id` is the graph's node, `graph` its record, `at` the number of a node in it (S for START),
-- `turn` one body of that node, and `passage` what a token has passed.
if graphed and tonumber(format or 1) < FORMAT.graphs then return { 'older', {}, format or 1 } end

local function made_graph(graph_id, graph)
  graph.id, graph.ready = graph_id, {} -- `ready`: visits that have ended in this call
  graph.left = 100 -- most targets, components and skipped nodes of one call, so that it takes a few ms
  graph.nodes, graph.visits, graph.changed, graph.definitions, graph.layouts = {}, {}, {}, {}, {}
  return graph
end

local function parse_graph(graph_id, record)
  local function listed(text)
    local found = {}
    for each in text:gmatch('[^,]+') do found[#found + 1] = each end
    return found
  end
  local since, input, tokens, leaving, closing, joins, unvisited, error =
    record:match('^G|(%d+)|([^|]*)|(%d+)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(.*)$')
  return made_graph(graph_id, { since = since, input = input, tokens = tonumber(tokens),
    leaving = listed(leaving), closing = listed(closing), joins = listed(joins), unvisited = listed(unvisited),
    error = error ~= '' and error or nil, record = record })
end

local function is_graph_record(record) return record:sub(1, 1) == 'G' end

local function get_graph(graph_id)
  if overdue and in_tree(graph_id) then return nil end
  if graphs[graph_id] then return graphs[graph_id] end
  local record = redis.call('HGET', active_key, graph_id)
  if not record or not is_graph_record(record) then return nil end
  graphs[graph_id] = parse_graph(graph_id, record)
  return graphs[graph_id]
end
