-- Components that no token can reach any more are closed. An `all` join starts once no token can still arrive at it, that
-- is, once all components that lead to its own are closed. A closed node that was not visited is skipped.
local function begin_to_close(graph, component)
  node_at(graph, component).mark = 'c'
  local members = layout_of(graph, component).members
  for at in (members ~= '' and members or component):gmatch('%d+') do
    if node_at(graph, at).turns == 0 then graph.unvisited[#graph.unvisited + 1] = at end
  end
end

-- Counts a closed component at those after it, from a place in their text on; returns where to go on in another call.
local function close_on(graph, component, place)
  local after = layout_of(graph, component).after
  while place <= #after do
    if graph.left <= 0 then return place end
    local target = after:match('^[^,]+', place)
    if target ~= PLACE.close then
      local first = node_at(graph, target)
      first.closed, graph.left = first.closed + 1, graph.left - 1
      -- A component with tokens is looked at when a token leaves it.
      local is_idle = first.within == 0 or first.joins ~= ''
      if is_idle and first.closed == predecessors(graph, target) then graph.closing[#graph.closing + 1] = target end
    end
    place = place + #target + 1
  end
end

local function may_close(graph, component)
  local first = node_at(graph, component)
  if first.mark ~= '' or first.closed < predecessors(graph, component) then return false end
  for join in first.joins:gmatch('%d+') do graph.joins[#graph.joins + 1] = join end
  return first.joins == '' and first.within == 0
end

-- Closes what can be closed, and finds the joins that may start now.
local function close_idle(graph)
  local done = 0
  while graph.closing[done + 1] and graph.left > 0 do
    local component, place = graph.closing[done + 1]:match('^(%w+)@?(%d*)$')
    local closes = place ~= '' or may_close(graph, component)
    if closes and place == '' then begin_to_close(graph, component) end
    local rest = closes and close_on(graph, component, tonumber(place) or 1)
    graph.left = graph.left - 1
    if rest then graph.closing[done + 1] = component .. '@' .. rest else done = done + 1 end
  end
  for _ = 1, done do table.remove(graph.closing, 1) end
end
