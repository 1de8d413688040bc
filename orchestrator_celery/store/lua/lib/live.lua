-- Live nodes: order of messages, and the outbox.
-- The order of two messages of one attempt: -1 if the message is older than the record, 0 if it is the same, 1 if newer.
local function compare_fence(retries, nesting, live)
  if nesting ~= live.nesting then return nesting < live.nesting and -1 or 1 end
  if retries ~= live.retries then return retries < live.retries and -1 or 1 end
  return 0
end

-- Whether a message neither starts nor ends the node.
local function has_no_message(live) return live.state == STATE.awaiting or live.state == STATE.deciding end

local function is_running(live) return live.state == STATE.running or live.state == STATE.stopping end

-- Whether an interruption is to stop a running body. In an interrupted run nothing begins, so what runs began before. The state
-- `stopping` was written by an earlier release.
local function is_to_stop(live) return status == STATUS.interrupted and is_running(live) end

-- The live record of a body that reports: its attempt and fence must be those of the record.
local function running_body(node, attempt, retries, nesting)
  local live = get_live(node)
  if not live or live.attempt ~= tonumber(attempt) or not is_running(live) then return nil end
  return compare_fence(tonumber(retries), tonumber(nesting), live) == 0 and live or nil
end

local function hold(node, live)
  live.state, live.since = STATE.held, now
  local runner = runner_of(live)
  if runner and not is_runner(runner) then live.owner = worker_of(live) end -- it starts again by a message of its own
  put_live(node, live)
  if withdrawn_with(node) then withdraw_soon() end
end

local delay = 0 -- milliseconds before a node that is started now may begin: the pause before a retry
local function wait_of(definition)
  local eta = number(definition, ATTRIBUTE.eta)
  local wait = eta and math.max(0, eta - tonumber(now)) or number(definition, ATTRIBUTE.wait) or 0
  return math.max(delay, wait)
end

-- Puts a node into the outbox and sends its message. Within the `wait` milliseconds the message does not count as lost.
-- Without a definition no message is sent: the next runner of its pool takes the node. If none does for long, the reconciler
-- sends its message, as for any node in the outbox.
local function queue(node, live, definition, wait)
  live.state, live.since, live.sent, live.tries = STATE.queued, now, tonumber(now) + wait, 0
  live.owner = definition and '' or PLACE.runner .. ' '
  put_live(node, live)
  if withdrawn_with(node) then return withdraw_soon() end
  if not definition then return end
  -- Celery may be told the end of a suspended run. All other messages stay in the outbox until the run is resumed.
  if held and node ~= PLACE.close then return end
  send(node, live, definition, wait)
end

local function new_attempt(live) live.attempt, live.retries, live.nesting = live.attempt + 1, 0, 0 end
