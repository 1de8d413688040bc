-- Records of what a decision looks at, so that whoever makes it need not read them.
local function looked_at(g, spec, ref)
  local found = {}
  local function add(node)
    local record = node and redis.call('HGET', DONE, node)
    if record then found[#found + 1], found[#found + 2] = node, record end
  end
  add(ref)
  for number in (attr(spec, 'lk') or ''):gmatch('%d+') do add(g.last[number]) end
  return found
end
