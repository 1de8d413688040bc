-- Records of pools: see orchestrator_celery/records/pool.py. A call reads each record once and writes it once, at its end.
-- Live items are `next - done`. Both numbers move only with an item's own transition, so an item whose worker dies
-- cannot keep a place (invariant 5).

local function is_pool_record(record) return record:sub(1, 1) == 'P' end

local function parse_pool(record)
  local size, started, done, failed, first_error, open, stopped, since, input, held, runners =
    record:match('^P|(%d+)|(%d+)|(%d+)|(%d+)|(%d*)|(%d)|(%d)|(%d+)|([^|]*)|([^|]*)|(.*)$')
  local low, medium, high = held:match('^(%d+),(%d+),(%d+)$')
  local live, called, singly = runners:match('^(%d+),(%d+),(%d)$')
  return {
    size = tonumber(size), next = tonumber(started), done = tonumber(done), failed = tonumber(failed),
    first_error = tonumber(first_error), open = open ~= OPEN.closed, draining = open == OPEN.draining,
    stopped = stopped == '1', since = since, input = input, mixed = low ~= nil,
    held = { tonumber(low or 0), tonumber(medium or 0), tonumber(high or 0) }, -- live items, by priority
    runners = tonumber(live or 0), called = tonumber(called or 0), singly = singly == '1',
  }
end

local function write_pool(pool)
  local open = pool.open and (pool.draining and OPEN.draining or OPEN.open) or OPEN.closed
  return table.concat({ 'P', pool.size, pool.next, pool.done, pool.failed, pool.first_error or '', open,
    pool.stopped and 1 or 0, pool.since, pool.input, pool.mixed and table.concat(pool.held, ',') or '',
    pool.called > 0 and pool.runners .. ',' .. pool.called .. ',' .. (pool.singly and 1 or 0) or '' }, '|')
end

local function get_pool(node)
  if overdue and in_tree(node) then return nil end
  if pools[node] == nil then
    local record = redis.call('HGET', active_key, node)
    if not record or not is_pool_record(record) then return nil end
    pools[node] = parse_pool(record)
    pools[node].record = record
  end
  return pools[node]
end

local function write_pool_end(pool)
  local open = pool.open and (pool.draining and OPEN.draining or OPEN.open) or OPEN.closed
  return table.concat({ pool.size, pool.done, pool.failed, open, pool.called }, '|')
end

local function parse_pool_end(record)
  local size, open, called = record:match('^(%d+)|?%d*|?%d*|?(%d*)|?(%d*)$')
  -- An earlier release did not write the number of runners; no pool has called a million.
  return { size = tonumber(size), open = open, called = tonumber(called) or 1e6 }
end
