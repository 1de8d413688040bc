-- The run of this call: its keys, the fields of its head that every verb needs, the store's clock (invariant 10).
-- Names such as KEY.live come from orchestrator_celery/records; the loader replaces them by their values.
local root = KEYS[1]
local definitions_key, live_key, ended_key = root .. KEY.definitions, root .. KEY.live, root .. KEY.ended
local active_key, events_key = root .. KEY.active, root .. KEY.events
local checkpoints_key, progress_key, inner_key = root .. KEY.checkpoints, root .. KEY.progress, root .. KEY.inner
local now = redis.call('TIME')
now = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
-- App of the caller, '' for any; and the statuses that subscriptions ask for. Every call has them as its last argument.
local asking, subscribed = table.remove(ARGV):match('^(%S*) ?(.*)$')
local status, window, max_events, mixed, graphed, ahead, created, waits, base, format, app, app_name, withdrawn, overdue =
  unpack(redis.call('HMGET', root, HEAD.status, HEAD.window, HEAD.events, HEAD.mixed, HEAD.graph, HEAD.ahead,
    HEAD.created, HEAD.waits, HEAD.base, HEAD.format, HEAD.app, HEAD.app_name,
    HEAD.withdrawn, HEAD.overdue))
-- A later release wrote this run: its records may mean something else, so this release does not touch it.
if format and tonumber(format) > FORMAT.version then return { 'newer', {}, format } end
-- Another app that shares the store started this run, and only that app's processes have its tasks and its broker.
if app and asking ~= '' and app ~= asking then return { 'foreign', {}, app, app_name or '' } end
window, base = tonumber(window), tonumber(base) or 0
created = created or '' -- distinguishes the run from a cancelled run of the same id
-- mixed: some items have a priority. graphed: there is a graph in the run. ahead: nodes may have records before their
-- turn, because they were taken out, or kept by a retry or a rerun. waits: the run has a delay and has not started.
-- base: number of attempts before the first, of an earlier run of the same id. withdrawn: composites that are failing.
-- overdue: the run has reached its deadline, and its nodes are about to fail, in slices.
local cancelled = status == STATUS.cancelled
if cancelled then status = false end -- only the verbs that finish a cancellation still know the run
local held = status == STATUS.suspended or status == STATUS.interrupted -- nothing may start
local effects = {}
-- Functions that call each other through several helpers.
local pools, graphs = {}, {} -- records that this call has read, by node; `reply` writes them
local activate, up -- start a node; tell a parent that its child has ended
local flush_pools, flush_graphs -- write the records of pools and graphs
local resend, nodes_to_resend, send_decision -- messages of an earlier call, and their nodes; a decision to be made
local chosen -- edges that the process which finished a leaf has chosen: the visit, and its targets
local replaced_by -- whether a node takes the place of the leaf that ended; nil if the process does not go on with leaves

local function emit(kind, node, ...)
  if is_runner(node) then return end
  return redis.call('XADD', events_key, 'MAXLEN', '~', max_events, '*', EVENT.kind, kind, EVENT.node, node, ...)
end
