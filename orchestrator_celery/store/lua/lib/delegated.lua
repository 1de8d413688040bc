-- Tasks that replaced themselves by a canvas: each is stood in for by a run of its own, under the leaf's id.
local function delegated()
  local found, entries = {}, redis.call('HGETALL', LIVE)
  for i = 1, #entries, 2 do
    local l = parse_live(entries[i + 1])
    if l.state == 'D' then found[#found + 1] = root:match('{(.*)}$') .. ':' .. entries[i] .. ':' .. l.attempt end
  end
  return found
end

-- The same, of a run whose status has just changed: theirs are to follow, which takes calls of their own.
local function followers()
  local found = delegated()
  if #found > 0 then owe('inside', 1) end
  return found
end
