-- Joins that may start, now that a token has moved.
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
      local through, list = g.al[at], '[' .. table.concat(given, ',')
      g.a[at], g.al[at] = nil, nil
      if worn_out(node, g, at) then
        g.un[at .. '.' .. (g.k[at] or 0)] = { 'V', list, through }
        fail_graph(node, g, recursion(node, at))
      else
        visit(node, g, at, list, through)
      end
      return true
    end
  end
end
