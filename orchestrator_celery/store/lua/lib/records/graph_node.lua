-- Records of the nodes of graphs: see orchestrator_celery/records/graphs/graph.py.
-- The record is read, unless the caller has read it.
local function node_at(graph, at, record)
  if graph.nodes[at] then return graph.nodes[at] end
  if record == nil then record = redis.call('HGET', ended_key, graph.id .. '.' .. at .. BESIDE.node) end
  record = record or '0|0|0|0|0|0|||'
  local turns, visits, open, within, starts, closed, mark, joins, newest =
    record:match('^(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|(%a?)|([^|]*)|(.*)$')
  graph.nodes[at] = {
    turns = tonumber(turns), visits = tonumber(visits), open = tonumber(open), within = tonumber(within),
    starts = tonumber(starts), closed = tonumber(closed), mark = mark, joins = joins, newest = newest, record = record,
  }
  return graph.nodes[at]
end
