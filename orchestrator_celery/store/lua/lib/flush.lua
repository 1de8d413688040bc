-- Writes the counters of the pools, and the tokens of the graphs, a call has touched.
local function left_in_line(node) -- the priorities of what never started: a retry lines it up again
  local found = {}
  for level = 1, 3 do
    for _, range in ipairs(level == MEDIUM and {} or redis.call('ZRANGEBYSCORE', line(node),
      string.format('%.0f', floor_of(level)), string.format('(%.0f', floor_of(level - 1)))) do
      found[#found + 1] = level .. ':' .. range
    end
  end
  return table.concat(found, ' ')
end

flush = function()
  flush_graphs()
  for node, p in pairs(pools) do
    if p.gone then
      redis.call('HSET', DONE, node .. ':end', table.concat({ p.n, p.done, p.failed }, '|'))
      redis.call('HDEL', POOL, node)
      if p.mixed and p.next < p.n then redis.call('HSET', DONE, node .. ':line', left_in_line(node)) end
      if p.mixed then redis.call('UNLINK', line(node)) end
    else
      redis.call('HSET', POOL, node, table.concat({ 'P', p.n, p.next, p.done, p.failed, p.err or '',
        p.open and (p.draining and 2 or 1) or 0, p.stopped and 1 or 0, p.since, p.input,
        p.mixed and table.concat(p.held, ',') or '',
        p.calls > 0 and p.runners .. ',' .. p.calls .. ',' .. (p.singly and 1 or 0) or '' }, '|'))
    end
  end
end
