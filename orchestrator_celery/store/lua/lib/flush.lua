-- Writes the counters of the pools, and the tokens of the graphs, a call has touched.
flush = function()
  flush_graphs()
  for node, p in pairs(pools) do
    if p.gone then
      redis.call('HSET', DONE, node .. ':end', table.concat({ p.n, p.done, p.failed }, '|'))
      redis.call('HDEL', POOL, node)
      if p.mixed then redis.call('UNLINK', line(node)) end
    else
      redis.call('HSET', POOL, node, table.concat({ 'P', p.n, p.next, p.done, p.failed, p.err or '',
        p.open and (p.draining and 2 or 1) or 0, p.stopped and 1 or 0, p.since, p.input,
        p.mixed and table.concat(p.held, ',') or '',
        p.calls > 0 and p.runners .. ',' .. p.calls .. ',' .. (p.singly and 1 or 0) or '' }, '|'))
    end
  end
end
