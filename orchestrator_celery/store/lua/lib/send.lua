-- Effects: messages to publish.
local function priority_of(node) -- the priority of its item; '' in a run without priorities
  if not mixed then return '' end
  while node do
    local priority = redis.call('HGET', ended_key, node .. BESIDE.priority)
    if priority then return priority end
    node = node:match('^(.*)%.[^.]*$')
  end
  return PRIORITY.medium
end

local function send(node, live, definition, wait)
  local kind = node == PLACE.close and 'close' or 'dispatch'
  effects[#effects + 1] = { kind, node, live.attempt, live.retries, live.nesting, live.input, definition, wait,
    priority_of(node), created }
end
