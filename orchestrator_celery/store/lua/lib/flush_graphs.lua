-- Writes the records of the graphs that a call has read.
flush_graphs = function()
  for graph_id, graph in pairs(graphs) do
    if graph.gone then
      redis.call('HDEL', active_key, graph_id)
    else
      redis.call('HSET', active_key, graph_id, write_graph(graph))
    end
  end
end
