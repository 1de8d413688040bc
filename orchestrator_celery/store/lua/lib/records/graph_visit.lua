-- Records of visits at which a token is, and of visits whose edges were not followed, whose state is not '': see
-- orchestrator_celery/records/graphs/graph.py.
local function parse_visit(record)
  local state, own, passed, reference = record:match('^([^|]*)|(%d*)([^|]*)|(.*)$')
  local passage = { visit = tonumber(own) }
  for join, starts in passed:gmatch(',(%d+):(%d+)') do passage[join] = tonumber(starts) end
  return { state = state, passage = passage, reference = reference }
end

local function visit_at(graph, key) -- nil where no token is and no edges wait
  local found = graph.visits[key]
  if found == nil then
    local record = redis.call('HGET', ended_key, graph.id .. '.' .. key .. BESIDE.visit)
    found = record and parse_visit(record) or false
    graph.visits[key] = found
  end
  return found or nil
end
