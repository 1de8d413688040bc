-- Records of live nodes: see orchestrator_celery/records/live.py.
local function parse_live(record)
  local state, attempt, retries, nesting, since, sent, tries, callbacks, input, owner =
    record:match('^(%u)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|([^|]*)|([^|]*)|(.*)$')
  return {
    state = state, attempt = tonumber(attempt), retries = tonumber(retries), nesting = tonumber(nesting), since = since,
    sent = tonumber(sent), tries = tonumber(tries), callbacks = callbacks, input = input, owner = owner,
  }
end

local function write_live(live)
  return table.concat({ live.state, live.attempt, live.retries, live.nesting, live.since,
    string.format('%.0f', live.sent), live.tries, live.callbacks, live.input, live.owner }, '|')
end

local function new_live(state, attempt, callbacks, input)
  return {
    state = state, attempt = attempt, retries = 0, nesting = 0, since = now, sent = tonumber(now), tries = 0,
    callbacks = callbacks, input = input, owner = '',
  }
end

local function live_state(record) return record:sub(1, 1) end

local function get_live(node)
  if overdue and in_tree(node) then return nil end
  local record = redis.call('HGET', live_key, node)
  return record and parse_live(record) or nil
end

local function put_live(node, live)
  redis.call('HSET', live_key, node, write_live(live))
end

-- `owner` is `[<runner> ][<waits> ]<worker>`, see orchestrator_celery/records/owner.py. The runner is the leaf whose message the
-- worker handles, where the leaf has no message of its own.
local function worker_of(live) return live.owner:match('%S*$') end

local function runner_of(live) return live.owner:match('^(%S+):%d+ ') end
