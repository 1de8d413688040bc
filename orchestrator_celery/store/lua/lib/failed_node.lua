-- One failed node goes on, and with it what it is part of.

-- A chord's body whose header has failed.
local function follows_a_failed_header(node)
  local parent, index = node:match('^(.*)%.(%d+)$')
  if not parent or definition(parent):sub(1, 1) ~= 'C' then return false end
  local header = parent .. '.' .. index - 1
  local record = redis.call('HGET', DONE, header)
  return record and record:sub(1, 1) == 'F' and attr(definition(header), 'ch') ~= nil
end

-- Why a node of a failed run cannot go on, if it cannot.
local function stays_as_it_is(node)
  if not is_known(node) then return 'unknown' end
  if not in_tree(node) then return 'callback' end
  local record = redis.call('HGET', DONE, node)
  if record and record:sub(1, 1) ~= 'F' then return WORDS[record:sub(1, 1)] end
  if follows_a_failed_header(node) then return 'header' end
  if not record then return 'SKIPPED' end
  for _, way in ipairs(above(node)) do
    if not is_node(way[1]) and redis.call('HGET', DONE, way[1]):sub(1, 1) ~= 'F' then return 'tolerated' end
    if is_node(way[1]) and not left_undone(way[1], way[2]) then return 'tolerated' end
  end
end

local function take_back(node)
  for _, way in ipairs(above(node)) do
    redis.call('HDEL', DONE, way[1])
    local kind = definition(way[1]):sub(1, 1)
    if kind == 'P' then
      take_back_pool(way[1])
    elseif kind == 'G' then
      take_back_graph(way[1]) -- all that failed in it
    elseif kind == 'C' then
      take_back_below(way[1] .. '.' .. way[2] + 1) -- the body of a chord whose header it is part of
    end
  end
  take_back_below(node)
end
