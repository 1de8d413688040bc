-- Where tokens meet.
local function copy(through)
  local own = {}
  for join, starts in pairs(through) do own[join] = starts end
  return own
end

-- Whether a token comes to an `any` join that has started without it.
local function late(g, l, at, through)
  return l.joins[at] == 'any' and (through[at] or 0) < (g.f[at] or 0)
end

local function recursion(node, at)
  local spec = definition(node .. '.' .. at)
  return 'recursion:' .. attr(spec, 'nm') .. ':' .. attr(spec, 'mv')
end

local function arrive(node, g, l, at, from, given, through)
  local join = l.joins[at]
  if not join then return visit(node, g, at, given, through) end
  if join == 'any' then
    if late(g, l, at, through) then return emit('ignored', node .. '.' .. at) end
    g.f[at] = (g.f[at] or 0) + 1
    through[at] = g.f[at]
    return visit(node, g, at, given, through)
  end
  g.a[at], g.al[at] = g.a[at] or {}, g.al[at] or {}
  g.a[at][from] = given
  for other, starts in pairs(through) do g.al[at][other] = math.max(g.al[at][other] or 0, starts) end
end

local function reach_end(g, from, given)
  for _, known in ipairs(g.ends) do
    if known[1] == from then known[2] = given return end
  end
  table.insert(g.ends, { from, given })
end
