-- Every node of a run that has not ended fails with the run.
local function fail_node(node, attempt, since, owner, rest)
  put_ended(node, STATE.failed, attempt, since, owner, rest)
  emit('failed', node, EVENT.attempt, attempt)
end

local function call_back_failed(node, counts) -- its own callbacks, and those of its swarm
  call_back(node, STATE.failed, counts, '0')
  local parent = parent_of(node)
  local definition = parent and definition_of(parent)
  if definition and shape_of(definition) == SHAPE.pool then
    call_back_after_item(node, definition, STATE.failed, counts)
  end
end

local function fail_live(node, live)
  local graph_id = live.state == STATE.deciding and parts_of_decision(node)
  if graph_id and in_tree(graph_id) then redis.call('HDEL', live_key, node) end
  if not in_tree(node) then return end
  redis.call('HDEL', live_key, node)
  if live.state == STATE.queued then
    -- It is skipped, which needs no record. A message of an earlier attempt must not fit an attempt after a retry.
    if live.attempt > 1 or live.retries > 0 or live.nesting > 0 then end_attempts(node, live.attempt) end
    return
  end
  fail_node(node, live.attempt, live.since, owner_at_end(live), refer_to('0'))
  redis.call('HINCRBY', root, HEAD.failed, 1)
  call_back_failed(node, live.callbacks)
end

local function fail_composite(node, record)
  if is_beside(node) or not in_tree(node) then return end
  local pool = get_pool(node)
  if is_graph_record(record) then redis.call('HSET', ended_key, node .. BESIDE.graph, record) end
  if withdrawn then set_failing(node, nil) end
  if pool then pool.gone = true else redis.call('HDEL', active_key, node) end
  if node ~= '0' then fail_node(node, 0, since_of(record), '', refer_to('0')) end
  call_back_failed(node, callbacks_of(definition_of(node)))
end

-- The nodes of a large run fail in slices. The head keeps how far they have come; until then no other call finds a node that has
-- not ended, see `get_live`, `get_pool` and `get_graph`.
local function fail_rest_later(server, part, place)
  overdue = server .. ' ' .. part .. ' ' .. place
  owe(HEAD.overdue, '')
  redis.call('HSET', root, HEAD.overdue, overdue)
  effects[#effects + 1] = { 'fail_rest', PLACE.close, 0 }
end
