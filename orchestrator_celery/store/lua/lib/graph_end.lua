-- What a graph does once a token has moved: joins that may start, nodes that will not be visited, its own end.
local function start_join(node, g, l)
  local waiting = {}
  for at in pairs(g.a) do waiting[#waiting + 1] = at end
  table.sort(waiting, function(a, b) return tonumber(a) < tonumber(b) end)
  for _, at in ipairs(waiting) do
    if may_start(g, l, at) then
      local given = {}
      for from in attr(definition(node .. '.' .. at), 'src'):gmatch('%w+') do
        if g.a[at][from] then given[#given + 1] = g.a[at][from] end
      end
      local through = g.al[at]
      g.a[at], g.al[at] = nil, nil
      visit(node, g, at, '[' .. table.concat(given, ','), through)
      return true
    end
  end
end

local function skip_the_rest(node, g, l)
  local open, at = {}, {}
  for key in pairs(g.on) do at[#at + 1] = key:match('^%w+') end
  for join in pairs(g.a) do
    open[join] = true
    at[#at + 1] = join
  end
  for _, from in ipairs(at) do
    for target in pairs(reach(l, from)) do open[target] = true end
  end
  for i = 0, number(definition(node), 'n') - 1 do
    local target = tostring(i)
    if not (g.v[target] or g.skip[target] or open[target]) then
      g.skip[target] = 1
      emit('skipped', node .. '.' .. target)
      graph_counts(node, 'total', -(number(definition(node .. '.' .. target), 'w') or 0))
    end
  end
end

local function graph_ended(node, g)
  g.gone = true
  redis.call('HSET', DONE, node .. ':g', graph_text(g)) -- for those who look at it, and for a retry
  if g.err then return complete(node, definition(node), 'F', g.err, g.since) end
  local nodes, lines = {}, {}
  for _, known in ipairs(g.ends) do
    if known[1] ~= 'S' then nodes[#nodes + 1] = known end
  end
  if #nodes == 1 then return complete(node, definition(node), 'S', nodes[1][2], g.since) end
  table.sort(nodes, function(a, b) return tonumber(a[1]) < tonumber(b[1]) end)
  for i, known in ipairs(nodes) do lines[i] = attr(definition(node .. '.' .. known[1]), 'nm') .. ' ' .. known[2] end
  redis.call('HSET', DONE, node .. ':ends', table.concat(lines, '\n'))
  return complete(node, definition(node), 'S', '+', g.since)
end
