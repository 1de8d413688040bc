-- One failed node goes on, and with it every composite that contains it.
-- Why a node of a failed run cannot go on; nil if it can.
local function why_it_stays(node)
  if not is_known(node) then return 'unknown' end
  if not in_tree(node) then return 'callback' end
  local record = redis.call('HGET', ended_key, node)
  if not record then return 'SKIPPED' end
  if ended_state(record) ~= STATE.failed then return PUBLIC[ended_state(record)] end
  local parent, index = parent_and_index(node)
  if parent and shape_of(definition_of(parent)) == SHAPE.steps then
    -- Two steps have failed only where the first is a chord's header.
    local before = redis.call('HGET', ended_key, parent .. '.' .. index - 1)
    if before and ended_state(before) == STATE.failed then return 'header' end
  end
  for _, ancestor in ipairs(ancestors_of(node)) do
    if is_graph_node(ancestor.id) then
      if not has_failed_graph(ancestor.id, ancestor.index) then return 'tolerated' end
    elseif ended_state(redis.call('HGET', ended_key, ancestor.id)) ~= STATE.failed then
      return 'tolerated'
    end
  end
end

local function take_back(node)
  for _, ancestor in ipairs(ancestors_of(node)) do
    redis.call('HDEL', ended_key, ancestor.id)
    local shape = shape_of(definition_of(ancestor.id))
    if shape == SHAPE.pool then
      take_back_pool(ancestor.id)
    elseif shape == SHAPE.graph then
      take_back_graph(ancestor.id) -- all of its failed visits
    elseif shape == SHAPE.steps then
      take_back_below(ancestor.id .. '.' .. ancestor.index + 1) -- the body of the chord whose header contains the node
    end
  end
  take_back_below(node)
end
