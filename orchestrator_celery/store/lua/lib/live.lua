-- Live leaves, one string each, gone once the leaf has ended: Q queued (the outbox), R running (claimed),
-- I to be stopped, D delegated to a run of its own, H held back by a rule or an interruption, W an approval that waits for an
-- answer, E a decision that is not made. `sent`: last publication, or when it was to start, or when nobody waits any longer.
local FIELDS = '^(%u)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|([^|]*)|([^|]*)|(.*)$'

local function parse_live(v)
  local s, a, r, n, since, sent, tries, callbacks, input, owner = v:match(FIELDS)
  return {
    state = s, attempt = tonumber(a), retries = tonumber(r), nesting = tonumber(n), since = since,
    sent = tonumber(sent), tries = tonumber(tries), callbacks = callbacks, input = input, owner = owner,
  }
end

local function get_live(node)
  local v = redis.call('HGET', LIVE, node)
  return v and parse_live(v) or nil
end

local function put_live(node, l)
  redis.call('HSET', LIVE, node, table.concat({ l.state, l.attempt, l.retries, l.nesting, l.since,
    string.format('%.0f', l.sent), l.tries, l.callbacks, l.input, l.owner }, '|'))
end

-- Order of two messages of one attempt: -1 the message is older than the record, 0 the same, 1 newer.
local function compare_fence(retries, nesting, l)
  if nesting ~= l.nesting then return nesting < l.nesting and -1 or 1 end
  if retries ~= l.retries then return retries < l.retries and -1 or 1 end
  return 0
end

-- What is neither started nor ended by a message.
local function is_no_message(l) return l.state == 'W' or l.state == 'E' end

local function at_work(l) return l.state == 'R' or l.state == 'I' end

local function hold(node, l)
  l.state, l.since = 'H', now
  put_live(node, l)
end

local delay = 0 -- of what is being started, in milliseconds: the pause before another try
local function wait_of(spec)
  local eta = number(spec, 'eta')
  return math.max(delay, eta and math.max(0, eta - tonumber(now)) or number(spec, 'wait') or 0)
end

-- Into the outbox, to be published now; `wait` milliseconds of it are meant, and no sign of a lost message.
local function queue(node, l, spec, wait)
  l.state, l.since, l.owner, l.sent, l.tries = 'Q', now, '', tonumber(now) + wait, 0
  put_live(node, l)
  -- The end of a run may be told while it is suspended; anything else waits in the outbox for its resumption.
  if held and node ~= '$' then return end
  send(node, l, spec, wait)
end
