-- From the end of a visit to what comes next.
local chosen -- the edges that the process which finished a leaf has chosen already: the leaf, and its targets

-- A token leaves a node; `given`: what it takes along.
local function leave(node, g, at, k, given, targets, well)
  local key, l, from, own = at .. '.' .. k, layout(node), at, given
  local through = g.on[key]
  if at ~= 'S' then
    local asked = attr(definition(node .. '.' .. at), 'ps')
    if asked then from, given = asked, redis.call('HGET', DONE, node .. '.' .. key .. ':in') end
  end
  local nowhere = targets == '' and 'noroute:' .. (from == 'S' and 'START' or attr(definition(node .. '.' .. from), 'nm'))
  for target in targets:gmatch('%d+') do -- all of them, or none
    if l.joins[target] ~= 'all' and not late(g, l, target, through) and worn_out(node, g, target) then
      nowhere = nowhere or recursion(node, target)
    end
  end
  if nowhere then
    give_up(g, key, well and 'S' or 'F', own)
    return fail_graph(node, g, nowhere)
  end
  g.on[key] = nil
  redis.call('HSET', DONE, node .. '.' .. key .. ':to', targets) -- for those who look, and for a rerun
  for target in targets:gmatch('[^,]+') do
    if target == '$' then reach_end(g, from, from == 'S' and node .. '.r' or given) else arrive(node, g, l, target, from, given, copy(through)) end
  end
end

local function step(node, g, at, k, state, ref)
  local key, spec = at .. '.' .. k, definition(node .. '.' .. at)
  local decided = chosen and chosen.node == node .. '.' .. key and chosen.targets
  if state == 'S' then g.last[at] = ref end -- conditions of its own edges may look at it, too
  if state == 'K' and not g.err then return decide(node, at, k, 'skip', ref) end -- what it was to be given goes on
  if g.err or (state == 'F' and not attr(spec, 'ce')) then
    give_up(g, key, state == 'K' and 'skip' or state, ref)
    if not g.err then fail_graph(node, g, ref) end
  elseif state == 'S' and (decided or not attr(spec, 'c')) then
    leave(node, g, at, k, ref, decided or attr(spec, 'to') or '', true)
  else
    decide(node, at, k, state, ref)
  end
end
