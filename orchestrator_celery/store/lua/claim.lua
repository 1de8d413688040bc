-- Purpose: lets one delivery of a leaf's message run the task, and no other (invariant 2).
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 worker
-- RETURNS: {'ok', begun, checkpoint, definition?, input?, newest?, visits?, records?} of a graph's node whose edges the worker may
--          choose: its definition, and what the edges depend on beside the result; begun: none, or an effect that says how many
--          milliseconds the message waited, and the category of the run
--          | {'gone'} there is no such run | {'held'} the run is suspended or interrupted
--          | {'stale'} superseded, ended or withdrawn | {'duplicate', {}, worker} another delivery is running
-- include: outbox runner_items records/graph records/graph_node records/graph_visit records/task_id looked_at begin_body
local node, attempt, retries, nesting = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not status then return reply('gone') end
local function veto(word, ...)
  emit('vetoed', node, EVENT.attempt, attempt, EVENT.reason, word)
  return reply(word, ...)
end
local live = get_live(node)
-- The message of a stand-in ends a task that is running, and running tasks may finish.
if held and not (live and live.state == STATE.delegated) then return veto('held') end
if not live or live.attempt ~= attempt or has_no_message(live) then return veto('stale') end
local order = compare_fence(retries, nesting, live)
if order < 0 then return veto('stale') end
if live.state == STATE.held then return veto('held') end
if order == 0 and is_running(live) then return veto('duplicate', worker_of(live)) end
if live.state ~= STATE.delegated and withdrawn_with(node) then return veto('stale') end
live.retries, live.nesting = retries, nesting
-- Celery keeps a result under the id of a task that was replaced. Its message may come before the body that sent it reports that.
if nesting > 0 then redis.call('SADD', inner_key, task_id(node, attempt)) end
redis.call('HDEL', progress_key, node) -- of the body before
local owner = ARGV[5]
if live.state == STATE.queued then
  local queued, published = waits_of(live)
  owner = string.format('+%.0f,%.0f %s', queued, published, owner)
  local waited = live.tries == 0 and published or queued
  effects[1] = { 'begun', node, waited, redis.call('HGET', root, HEAD.category) or '' }
end
begin_body(node, live, owner)
if is_runner(node) then list_no_items(node, attempt) end
if redis.call('HEXISTS', root, HEAD.more) == 1 then effects[#effects + 1] = { 'more', PLACE.close, 0 } end
return reply('ok', given_to_body(node, live))
