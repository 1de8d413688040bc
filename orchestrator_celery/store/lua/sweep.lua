-- Purpose: looks at a run for the reconciler, and lists what the reconciler has to act on. Reads only. In a large run this is one
--          slice of the live nodes.
-- KEYS: 1 root key of the run
-- ARGV: 1 milliseconds after which a message is overdue, doubled with each publication  2 longest such pause
--       3 place from which to look, '0' for the beginning  4 '1' if an earlier slice found a node that is not held back
-- RETURNS: {'ok', effects, next, running, created, status, deadline, late, approvals, owed,
--          starts, overdue, awake, place}
--          | {'gone'} there is no such run | {'over'} no node of it is live | {'cancelled'} side effects of that are pending
--          next: when the next message is overdue, or '', as if the overdue ones were published now
--          running: nodes and records, alternating
--          deadline: when an unfinished run fails, or ''; late: approvals whose timeout is over
--          approvals: how many wait; owed: number of pending side effects, or ''
--          starts: when a run with a delay starts, '' if it has started or is held
--          overdue: nodes whose message nobody has claimed for too long: node, record, priority of its item or '', and 1 if
--          there is no message, four values for each
--          awake: number of nodes in the slice that are not held back; place: of the next slice, '0' after the last one
-- include: outbox records/graph overdue
if cancelled then return reply('cancelled') end
if not status then return reply('gone') end
local current = tonumber(now)
local earliest, running, live_nodes, late, approvals, overdue = nil, {}, 0, {}, 0, {}
local function look_at(moment) earliest = math.min(earliest or moment, moment) end
-- A decision has no message. A message that a worker postponed was taken from the queue.
local function is_unsent(node, live)
  return live.state == STATE.deciding
    or live.tries == 0 and redis.call('HEXISTS', ended_key, node .. BESIDE.postponed) == 1
end
local MOST = 500 -- nodes of one slice
local place, entries = unpack(redis.call('HSCAN', live_key, ARGV[3], 'COUNT', MOST))
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
  elseif may_be_overdue(node, live) then
    if due_at(live) <= current then
      overdue[#overdue + 1], overdue[#overdue + 2] = node, entries[i + 1]
      overdue[#overdue + 1], overdue[#overdue + 2] = priority_of(node), is_unsent(node, live) and 1 or 0
      look_at(current + pause_after(live.tries + 1))
    else
      look_at(due_at(live))
    end
  end
end
local deadline, finished, closed, owed, waiting, eta = unpack(redis.call('HMGET', root, HEAD.deadline, HEAD.finished,
  HEAD.closed, HEAD.owed, HEAD.waits, HEAD.eta))
local is_alone = place == '0' and ARGV[4] ~= '1' and live_nodes == 0
if is_alone and closed and not owed and not under_way() then return reply('over') end
return reply('ok', earliest and string.format('%.0f', earliest) or '', running, created, status,
  not finished and deadline or '', late, approvals, owed or '',
  waiting and not held and eta or '', overdue, live_nodes, place)
