-- Nodes start again after a suspension or an interruption, in slices. The run has its status before the first slice, so old messages of
-- queued nodes may be claimed from then on. The head keeps how far a release has come, so any process can go on with it. A run
-- that is held again meanwhile keeps the rest for its next release.
local MOST_RELEASED = 200 -- nodes of one slice

local function start_again(node, live) -- under a new attempt, which does not count as a lost process
  local field = node .. BESIDE.free_attempts
  redis.call('HSET', ended_key, field, (redis.call('HGET', ended_key, field) or base) + 1)
  new_attempt(live)
  local has_checkpoint = redis.call('HEXISTS', checkpoints_key, node)
  emit('resumed', node, EVENT.attempt, live.attempt, EVENT.checkpoint, has_checkpoint)
  local runner = runner_of(live)
  if runner and is_runner(runner) then return return_item(node, live) end
  queue(node, live, node == PLACE.close and '' or definition_of(node), 0)
end

-- The timeout of an approval stood still while the run was held, or since the approval waits. `tries` is the time of the last
-- extension: another look at the node must not extend the timeout again.
local function extend_timeout(node, live, paused)
  if paused == '' or live.sent == 0 then return end
  live.sent = live.sent + tonumber(now) - math.max(tonumber(paused), tonumber(live.since), live.tries)
  live.tries = now
  put_live(node, live)
end

local function release_node(node, live, pass)
  if overdue and in_tree(node) then return end
  -- What came into the outbox after the release began was sent then.
  local waits_still = pass.was_held and live.state == STATE.queued and tonumber(live.since) <= pass.since
  if live.state == STATE.held then
    start_again(node, live)
  elseif live.state == STATE.stopping then -- by an earlier release; no worker could stop it, so it continues
    live.state = STATE.running
    put_live(node, live)
  elseif live.state == STATE.awaiting then
    extend_timeout(node, live, pass.paused)
  elseif waits_still and node ~= PLACE.close then
    -- A runner takes a returned item. Its time in the outbox counts from now, or the reconciler would send it at once.
    local definition = live.owner == '' and definition_of(node) or nil
    queue(node, live, definition, math.max(0, live.sent - tonumber(now)))
  end
end
