-- The edges of a graph, and where tokens that meet at an `all` join may go on: when nothing that is elsewhere can still come.
local function layout(node)
  local l = layouts[node]
  if l then return l end
  l = { to = {}, joins = {}, reach = {} }
  local spec = definition(node)
  for from, targets in attr(spec, 't'):gmatch('(%w+)>([^;]*)') do
    l.to[from] = {}
    for target in targets:gmatch('%d+') do table.insert(l.to[from], target) end
  end
  for target, kind in (attr(spec, 'j') or ''):gmatch('(%d+):(%a+)') do l.joins[target] = kind end
  layouts[node] = l
  return l
end

-- Every node that can be reached from one, along any edges.
local function reach(l, from)
  local found = l.reach[from]
  if found then return found end
  found = {}
  local waiting = { from }
  while #waiting > 0 do
    for _, target in ipairs(l.to[table.remove(waiting)] or {}) do
      if not found[target] then
        found[target] = true
        waiting[#waiting + 1] = target
      end
    end
  end
  l.reach[from] = found
  return found
end

local function may_start(g, l, join)
  for key in pairs(g.on) do
    local at = key:match('^%w+')
    if at ~= join and reach(l, at)[join] then return false end
  end
  for other in pairs(g.a) do -- of two that wait for each other, the first that was declared
    local first = reach(l, join)[other] and tonumber(join) < tonumber(other)
    if other ~= join and reach(l, other)[join] and not first then return false end
  end
  return true
end
