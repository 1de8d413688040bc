-- What needs Python: which edges are taken, whether a failure is tried again, over which list a node is mapped, and what goes
-- past one that is skipped. It is in the
-- outbox until it is recorded, under `<graph>.<node>.d<visit>`, and a decision that is made twice is recorded once.
local function decision_of(node, at, k) return node .. '.' .. at .. '.d' .. k end

local function send_decision(node, at, k, l)
  local g, own = get_graph(node), node .. '.' .. at .. '.' .. k
  local spec = definition(at == 'S' and node or node .. '.' .. at)
  local why, ref = l.input:match('^(%a+):(.*)$')
  local tries = redis.call('HGET', DONE, own .. ':tries') or 0
  local visits = g.on[at .. '.' .. k].n or 0
  effects[#effects + 1] = { 'decide', own, l.attempt, at, why, ref, spec, g.input, cjson.encode(g.last), visits, tries,
    looked_at(g, spec, ref), born }
end

local function decide(node, at, k, why, ref)
  local l = {
    state = 'E', attempt = 1, retries = 0, nesting = 0, since = now, sent = tonumber(now), tries = 0, callbacks = ',',
    input = why .. ':' .. ref, owner = '',
  }
  put_live(decision_of(node, at, k), l)
  send_decision(node, at, k, l)
end

-- A visit runs its body once for each element of a list.
local function map_over(node, at, own, count, list)
  local cap = attr(definition(node .. '.' .. at), 'cap')
  redis.call('HSET', DONE, own .. ':list', list)
  redis.call('HSET', DEF, own, 'P n=' .. count .. ' k=map' .. (cap and ' cap=' .. cap or '') .. '\n{}')
  return activate(own, 'm:' .. own)
end

-- A node that waits for a person; `sent` is when it does so no longer, 0 for never.
local function await(node, spec, input)
  local wait = number(spec, 'wait')
  put_live(node, {
    state = 'W', attempt = 1, retries = 0, nesting = 0, since = now, sent = wait and tonumber(now) + wait or 0, tries = 0,
    callbacks = counts_of(spec), input = input, owner = '',
  })
  if redis.call('HGET', root, 'status') == 'PENDING' then -- a person is at work
    redis.call('HSET', root, 'status', 'RUNNING', 'started', now)
    emit('status', '$', 's', 'RUNNING')
  end
  emit('awaiting', node)
  effects[#effects + 1] = { 'await', node, 1, wait and string.format('%.0f', tonumber(now) + wait) or '' }
end
