-- What is to be published: a leaf's message, or the one that closes the run.
local function level_of(node) -- its item's, in a run that uses levels at all
  if not mixed then return '' end
  while node do
    local level = redis.call('HGET', DONE, node .. ':p')
    if level then return level end
    node = node:match('^(.*)%.[^.]*$')
  end
  return 2
end

local function send(node, l, spec, wait)
  local kind = node == '$' and 'close' or 'dispatch'
  effects[#effects + 1] = { kind, node, l.attempt, l.retries, l.nesting, l.input, spec, wait, level_of(node), born }
end
