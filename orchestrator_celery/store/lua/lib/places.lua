-- Places that a swarm reserves for each priority.
local function reserved_places(definition) -- by priority; nil without reservations
  local slots = attribute(definition, ATTRIBUTE.slots)
  if not slots then return nil end
  local high, medium, low = slots:match('^(%d+),(%d+),(%d+)$')
  return { tonumber(low), tonumber(medium), tonumber(high) }
end

local function give_place_back(definition, pool, item)
  if not reserved_places(definition) then return end
  local priority = tonumber(redis.call('HGET', ended_key, item .. BESIDE.priority) or PRIORITY.medium)
  pool.held[priority] = pool.held[priority] - 1
end
