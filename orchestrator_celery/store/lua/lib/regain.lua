-- A graph that failed goes on: what failed starts again in its visit, what ended beside it follows its edges.
local function begin_again(node, g, key, state, ref, through)
  local at, k = key:match('^(%w+)%.(%d+)$')
  if state == 'V' then return visit(node, g, at, ref, through) end -- a join that was not to start once more
  local own = node .. '.' .. key
  if state == '?' then state, ref = ended_as(own) end -- it was at work when the run was over its deadline
  g.on[key] = through
  if at == 'S' then
    g.on[key] = nil
    return leave_start(node, g)
  elseif state == 'skip' then
    return decide(node, at, k, state, ref)
  elseif state == 'S' then
    table.insert(g.ready, { at, k, state, ref })
    return drive(node, g)
  end
  return start(node, at, k, redis.call('HGET', DONE, own .. ':in'), redis.call('HEXISTS', DONE, own .. ':list') == 1 and own)
end

local function regain(node, input)
  local g = read_graph(node, redis.call('HGET', DONE, node .. ':g'))
  g.input = input
  if g.since == '0' then g.since = now end -- it was taken over from another run
  redis.call('HDEL', DONE, node .. ':g')
  local undone, keys = g.un, {}
  for key, through in pairs(g.on) do undone[key] = { '?', '', through } end
  for key in pairs(undone) do keys[#keys + 1] = key end
  table.sort(keys)
  if (g.err or ''):find('^recursion:') then g.v = {} end
  g.on, g.un, g.err, g.busy = {}, {}, nil, true
  for _, key in ipairs(keys) do begin_again(node, g, key, unpack(undone[key])) end
  g.busy = nil
  return drive(node, g)
end
