-- The cleanup callbacks that a swarm owes its items when its run is cancelled.
local function collect_cleanups(found, item, attempt, counts)
  local pool_id = in_tree(item) and parent_of(item)
  local definition = pool_id and definition_of(pool_id)
  if not definition or shape_of(definition) ~= SHAPE.pool then return end
  for i = 0, cleanups_of(counts, definition) - 1 do
    local callback = item .. '.c' .. i
    found[#found + 1] = {
      item = item .. '|' .. attempt .. '|' .. priority_of(item),
      place = callback,
      definition = definition_of(item),
      call = redis.call('HGET', definitions_key, callback) or from_swarm(callback),
    }
  end
end

local function put_cleanups(cleanups) -- numbered fields of the head
  for i, cleanup in ipairs(cleanups) do
    for name, value in pairs(cleanup) do
      redis.call('HSET', root, HEAD_PREFIX.cleanup .. i .. ':' .. name, value)
    end
  end
end
