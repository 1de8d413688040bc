-- Failures are taken back: what has failed is as if it had not begun, what ended well stays.
local function what_it_was(node) -- before it replaced itself
  local own = redis.call('HGET', DEF, node .. ':own')
  if not own then return end
  redis.call('HDEL', DEF, node .. ':own')
  if own == '' then redis.call('HDEL', DEF, node) else redis.call('HSET', DEF, node, own) end
end

local function take_back_pool(node)
  local size = redis.call('HGET', DONE, node .. ':end')
  if not size then return 0 end -- a chord's body, which has not begun
  redis.call('HDEL', DONE, node .. ':end')
  redis.call('HSET', DONE, node .. ':ahead', size:match('^%d+'))
  for _, field in ipairs(redis.call('HKEYS', LIVE)) do -- runners that have not noticed its end
    if field:match('^(.*)%.b%d+$') == node then redis.call('HDEL', LIVE, field) end
  end
  return tonumber(size:match('^%d+'))
end

take_back_below = function(node)
  local record = redis.call('HGET', DONE, node)
  if not record or record:sub(1, 1) ~= 'F' then return end
  redis.call('HDEL', DONE, node)
  local spec = definition(node)
  local kind = spec:sub(1, 1)
  if kind == 'G' then return take_back_graph(node) end
  if kind == 'A' then return redis.call('HINCRBY', root, 'failed', -1) end
  if kind ~= 'L' then
    local n = kind == 'P' and take_back_pool(node) or number(spec, 'n')
    for i = 0, n - 1 do take_back_below(node .. '.' .. i) end
  elseif record:sub(1, 4) ~= 'F|0|' then
    pass(node, record:match('^F|(%d+)'))
    what_it_was(node)
    redis.call('HINCRBY', root, 'failed', -1)
  end
end
