-- A retry looks at the nodes that failed in slices; a run that is created with records of items looks at these items. The head
-- keeps what is left, so any process can go on with it. Once nothing is left, the run goes on.
local MOST_COST = 1200 -- cost of one slice; reading an item costs 1

local function look_at(each) -- one part of what is left; returns the cost
  if each.node then
    take_back_if_failed(each.node)
    return COST
  elseif each.steps then
    each.next = each.next + 1
    take_back_if_failed(each.steps .. '.' .. each.next - 1)
    return COST
  end
  return look_at_pool(each, redis.call('HGET', ended_key, each.pool .. BESIDE.line_left)
    or redis.call('HGET', definitions_key, each.pool .. '.' .. PLACE.priorities) or '')
end

local function retry_slice() -- returns whether something is left
  local cost = 0
  while #left > 0 and cost < MOST_COST do
    local place, each = #left, table.remove(left)
    cost = cost + look_at(each)
    if not each.node and each.next < each.size then table.insert(left, place, each) end -- what is below it comes first
  end
  if #left > 0 then
    owe(HEAD.retry, '')
    redis.call('HSET', root, HEAD.retry, cjson.encode(left))
    return 1
  end
  pay(HEAD.retry)
  activate('0', redis.call('HEXISTS', root, HEAD.input) == 1 and SOURCE.run or '')
  return 0
end
