-- Going on where nodes have ended before their turn: they are skipped, or were kept by a retry or from an earlier run.
local function ended_as(node) -- how, and what the step after it is given
  local record = redis.call('HGET', DONE, node)
  if not record then return nil end
  local payload = record:sub(record:find('\n', 1, true) + 1)
  if payload:sub(1, 1) ~= '@' or payload:find('^@[*+]') then return record:sub(1, 1), node end
  return record:sub(1, 1), payload:sub(2)
end

-- A node is skipped; `leaves` of it count no more. What follows gets what it would have got.
local function pass_over(node, leaves, given)
  redis.call('HSET', DONE, node, table.concat({ 'K', 0, now, now, '' }, '|') .. '\n' .. leaves)
  emit('skipped', node)
  if node == '0' then return finish_run('S', node) end -- of all there was to do nothing is left
  return up(node, 'K', given, ',')
end

local function end_steps(node, spec, state, ref)
  local since = redis.call('HGET', POOL, node)
  redis.call('HDEL', POOL, node)
  if state == 'K' then return pass_over(node, 0, ref) end
  return complete(node, spec, state, ref, since and since:sub(3))
end

-- The first step from `index` on that has not ended; after the last one the end of them all.
local function go_on(node, spec, index, given)
  local n, kept = number(spec, 'n'), false
  while ahead and index < n do
    local state, ref = ended_as(node .. '.' .. index)
    if not state then break end
    if state == 'S' then given = ref end
    index = index + 1
  end
  if index < n then return activate(node .. '.' .. index, given) end
  for i = 0, n - 1 do kept = kept or ended_as(node .. '.' .. i) == 'S' end
  return end_steps(node, spec, kept and 'S' or 'K', given)
end
