-- What has arrived at an `all` join, which is put together once, when the join starts.
local MOST_ARRIVED = 1000

local function take_arrived(graph, at) -- in the order in which its edges were declared
  local inputs, fields = {}, {}
  local function take()
    for _, input in ipairs(redis.call('HMGET', ended_key, unpack(fields))) do inputs[#inputs + 1] = input or nil end
    redis.call('HDEL', ended_key, unpack(fields))
    fields = {}
  end
  for source in layout_of(graph, at).sources:gmatch('%w+') do
    fields[#fields + 1] = graph.id .. '.' .. at .. BESIDE.arrived .. source
    if #fields == MOST_ARRIVED then take() end
  end
  if #fields > 0 then take() end
  return SOURCE.list .. table.concat(inputs, ',')
end

local function take_passage(graph, at)
  local field = graph.id .. '.' .. at .. BESIDE.passage
  local passage = redis.call('HGET', ended_key, field)
  if not passage then return {} end
  redis.call('HDEL', ended_key, field)
  return parse_visit(passage).passage
end
