-- Nodes that were not visited, and that no token can reach any more.
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
    local out = ahead and redis.call('HEXISTS', DONE, node .. '.' .. target) == 1 -- somebody has said so before
    if not (g.k[target] or g.skip[target] or open[target] or out) then
      g.skip[target] = 1
      emit('skipped', node .. '.' .. target)
      graph_counts(node, 'total', -(number(definition(node .. '.' .. target), 'w') or 0))
    end
  end
end
