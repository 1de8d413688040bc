-- One failed node goes on, and with it every composite that contains it.
-- Whether a node is the body of a chord whose header has failed.
local function follows_failed_header(node)
  local parent, index = parent_and_index(node)
  if not parent or shape_of(definition_of(parent)) ~= SHAPE.steps then return false end
  local header = parent .. '.' .. index - 1
  local record = redis.call('HGET', ended_key, header)
  return record and ended_state(record) == STATE.failed
    and attribute(definition_of(header), ATTRIBUTE.chord_header) ~= nil
end

-- Why a node of a failed run cannot go on; nil if it can.
local function why_it_stays(node)
  if not is_known(node) then return 'unknown' end
  if not in_tree(node) then return 'callback' end
  local record = redis.call('HGET', ended_key, node)
  if record and ended_state(record) ~= STATE.failed then return PUBLIC[ended_state(record)] end
  if follows_failed_header(node) then return 'header' end
  if not record then return 'SKIPPED' end
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
      take_back_pool(ancestor.id, false)
    elseif shape == SHAPE.graph then
      return take_back_graph(ancestor.id) -- all of its failed visits, one of which contains the node
    elseif shape == SHAPE.steps then -- the body of the chord whose header contains the node
      left[#left + 1] = { node = ancestor.id .. '.' .. ancestor.index + 1 }
    end
  end
  left[#left + 1] = { node = node } -- the next one, so that the pools above count the node as one that waits
end
