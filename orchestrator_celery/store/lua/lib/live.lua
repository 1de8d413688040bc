-- Live leaves: queued (the outbox) or running (claimed), one string each; gone once the leaf has ended.
local function get_live(node)
  local v = redis.call('HGET', LIVE, node)
  if not v then return nil end
  local s, a, r, n, since, callbacks, input, owner = v:match('^(%u)|(%d+)|(%d+)|(%d+)|(%d+)|([^|]*)|([^|]*)|(.*)$')
  return {
    state = s, attempt = tonumber(a), retries = tonumber(r), nesting = tonumber(n),
    since = since, callbacks = callbacks, input = input, owner = owner,
  }
end

local function put_live(node, l)
  redis.call('HSET', LIVE, node, table.concat(
    { l.state, l.attempt, l.retries, l.nesting, l.since, l.callbacks, l.input, l.owner }, '|'))
end

-- Order of two messages of one attempt: -1 the message is older than the record, 0 the same, 1 newer.
local function compare_fence(retries, nesting, l)
  if nesting ~= l.nesting then return nesting < l.nesting and -1 or 1 end
  if retries ~= l.retries then return retries < l.retries and -1 or 1 end
  return 0
end

local function queue(node, l, spec)
  l.state, l.since, l.owner = 'Q', now, ''
  put_live(node, l)
  effects[#effects + 1] = { 'dispatch', node, l.attempt, l.retries, l.nesting, l.input, spec }
end
