-- What a graph does once a token has moved: joins that may start, nodes that will not be visited.
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
