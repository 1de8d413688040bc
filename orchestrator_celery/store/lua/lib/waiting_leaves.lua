-- Counts the leaves in and below a node that waits, without those that have ended or were taken out, in slices.
local function children_that_wait(node, definition)
  local before = redis.call('HGET', ended_key, node .. BESIDE.size_before) or ''
  return before ~= '' and parse_pool_end(before).size or number(definition, ATTRIBUTE.size)
end

-- Counts one node, and puts its children on the list of what is left.
local function count_node(node, left)
  if redis.call('HEXISTS', ended_key, node) == 1 then return 0 end
  local definition = definition_of(node)
  local shape = shape_of(definition)
  if shape == SHAPE.leaf or shape == SHAPE.approval then return 1 end
  if shape == SHAPE.graph_node then return number(definition, ATTRIBUTE.leaves) end
  local size = children_that_wait(node, definition)
  if size > 0 then left[#left + 1] = { node = node, next = 0, last = size - 1 } end
  return 0
end

-- Counts at most `most` nodes; returns the number of leaves in them, and the place of the rest, '' for none.
local function count_waiting(node, place, most)
  local left, found = parse_left(place), 0
  if place == '' then found, most = count_node(node, left), most - 1 end
  while #left > 0 and most > 0 do
    local each = left[#left]
    local child = each.node .. '.' .. each.next
    each.next, most = each.next + 1, most - 1
    if each.next > each.last then left[#left] = nil end
    found = found + count_node(child, left)
  end
  return found, write_left(left)
end

-- Changes whenever a count of waiting leaves may: nodes were taken out, or a retry took failures back.
local function moment_of_count()
  return (redis.call('HGET', root, HEAD.skipped) or 0) .. ' ' .. past_attempts(PLACE.close)
end
