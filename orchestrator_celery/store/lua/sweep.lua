-- Purpose: looks at a run for the reconciler: publishes messages again that nobody has claimed for too long, and lists what
--          the reconciler has to act on.
-- KEYS: 1 root key of the run
-- ARGV: 1 milliseconds after which a message counts as lost, doubled with each publication  2 longest such pause
-- RETURNS: {'ok', effects, next, running, created, status, deadline, late, approvals, owed,
--          starts}
--          | {'gone'} there is no such run | {'over'} no node of it is live | {'cancelled'} side effects of that are pending
--          next: when the oldest message is overdue, or ''; running: nodes and records, alternating
--          deadline: when an unfinished run fails, or ''; late: approvals whose timeout is over
--          approvals: how many wait; owed: number of pending side effects, or ''
--          starts: when a run with a delay starts, '' if it has started or is held
-- include: outbox records/ended records/graph records/task_id error_copy callbacks looked_at decision
if cancelled then return reply('cancelled') end
if not status then return reply('gone') end
local MOST = 64 -- publications of one look
local first_pause, longest_pause, current = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(now)
local earliest, running, live_nodes, late, approvals = nil, {}, 0, {}, 0
local function look_at(moment) earliest = math.min(earliest or moment, moment) end
local function due_at(live) return live.sent + math.min(first_pause * 2 ^ live.tries, longest_pause) end
local function republish(node, live)
  live.tries, live.sent = live.tries + 1, current
  put_live(node, live)
  emit('republished', node, EVENT.attempt, live.attempt, EVENT.count, live.tries)
  if live.state == STATE.deciding then
    local graph_id, at, turn = parts_of_decision(node)
    return send_decision(graph_id, at, turn, live)
  end
  return send(node, live, node == PLACE.close and '' or definition_of(node), 0)
end
local entries = redis.call('HGETALL', live_key)
for i = 1, #entries, 2 do
  local node, live = entries[i], parse_live(entries[i + 1])
  if live.state ~= STATE.held then live_nodes = live_nodes + 1 end
  if is_running(live) then
    running[#running + 1], running[#running + 2] = node, entries[i + 1]
  elseif live.state == STATE.awaiting then
    approvals = approvals + 1
    if live.sent > 0 and not held then
      if live.sent <= current then late[#late + 1] = node end
      look_at(live.sent)
    end
  elseif live.state == STATE.deciding or (live.state == STATE.queued and not held and not withdrawn_with(node)) then
    if due_at(live) <= current and #effects < MOST then republish(node, live) end
    look_at(due_at(live))
  end
end
local deadline, finished, closed, owed, waiting, eta = unpack(redis.call('HMGET', root, HEAD.deadline, HEAD.finished,
  HEAD.closed, HEAD.owed, HEAD.waits, HEAD.eta))
if live_nodes == 0 and closed and not owed and not under_way() then return reply('over') end
return reply('ok', earliest and string.format('%.0f', earliest) or '', running, created, status,
  not finished and deadline or '', late, approvals, owed or '',
  waiting and not held and eta or '')
