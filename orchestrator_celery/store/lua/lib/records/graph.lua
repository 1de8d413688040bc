-- Records of graphs: see orchestrator_celery/records/graph.py. A call reads each record once and writes it once, at its end.
-- In the scripts, `graph_id` is the graph's node, `graph` its record, `at` the number of a node in it (S for START),
-- `turn` one body of that node, and `passage` what a token has passed.
local graphs, all_edges = {}, {}
local GRAPH_FIELDS = {
  'tokens', 'turns', 'visits', 'arrived', 'passages', 'starts', 'newest', 'ends', 'skipped', 'undone',
}

local function new_graph(graph_id, input)
  local graph = { since = now, input = input, ready = {} } -- `ready`: visits that have ended in this call
  for _, field in ipairs(GRAPH_FIELDS) do graph[field] = {} end
  graphs[graph_id] = graph
  return graph
end

local function write_graph(graph)
  local state = { error = graph.error }
  for _, field in ipairs(GRAPH_FIELDS) do state[field] = graph[field] end
  return 'G|' .. graph.since .. '|' .. graph.input .. '|' .. cjson.encode(state)
end

local function parse_graph(record)
  local since, input, state = record:match('^G|(%d+)|([^|]*)|(.*)$')
  local graph = cjson.decode(state)
  graph.since, graph.input, graph.ready = since, input, {}
  return graph
end

local function is_graph_record(record) return record:sub(1, 1) == 'G' end

local function get_graph(graph_id)
  if graphs[graph_id] then return graphs[graph_id] end
  local record = redis.call('HGET', active_key, graph_id)
  if not record or not is_graph_record(record) then return nil end
  graphs[graph_id] = parse_graph(record)
  return graphs[graph_id]
end
