-- Purpose: one look at a run: what waits too long in the outbox is published again, what runs is listed.
-- KEYS: 1 root key of the run
-- ARGV: 1 milliseconds after which a message counts as lost, doubled with each try  2 longest such pause
--       3 the app of the worker that looks, or '' for any
-- RETURNS: {'ok', effects, next, running, created, status, deadline, late, waiting, owed, starts} | {'gone'} no such run | {'over'} nothing of it is live
--          | {'foreign'} it belongs to another app
--          | {'cancelled'} what is to be done about that is not done yet
--          next: when the oldest message is overdue, '' without any; running: node and record, alternating;
--          deadline: when the run fails if it has not ended, '' without one
--          starts: when the run starts, '' where it has, or is held
--          late: approvals nobody has answered in time; waiting: how many approvals wait; owed: what is to be done about a change
-- include: run reply send live packed definition graph called looked_at decision
local app = redis.call('HGET', root, 'app') or ''
if app ~= '' and (ARGV[3] or '') ~= '' and app ~= ARGV[3] then return reply('foreign') end
if cancelled then return reply('cancelled') end
if not status then return reply('gone') end
local first, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local current, earliest, running, live, late, waiting = tonumber(now), nil, {}, 0, {}, 0
local entries = redis.call('HGETALL', LIVE)
for i = 1, #entries, 2 do
  local node, l = entries[i], parse_live(entries[i + 1])
  if l.state ~= 'H' then live = live + 1 end
  if at_work(l) then
    running[#running + 1] = node
    running[#running + 1] = entries[i + 1]
  elseif l.state == 'W' then
    waiting = waiting + 1
    if l.sent > 0 and l.sent <= current then late[#late + 1] = node end
    if l.sent > 0 and (not earliest or l.sent < earliest) then earliest = l.sent end
  elseif l.state == 'E' or (l.state == 'Q' and not held) then
    local due = l.sent + math.min(first * 2 ^ l.tries, longest)
    if due <= current and #effects < 64 then
      l.tries, l.sent = l.tries + 1, current
      put_live(node, l)
      emit('republished', node, 'a', l.attempt, 'c', l.tries)
      if l.state == 'E' then
        local graph, at, k = node:match('^(.*)%.(%w+)%.d(%d+)$')
        send_decision(graph, at, k, l)
      else
        send(node, l, node == '$' and '' or definition(node), 0)
      end
      due = current + math.min(first * 2 ^ l.tries, longest)
    end
    if not earliest or due < earliest then earliest = due end
  end
end
local facts = redis.call('HMGET', root, 'created', 'deadline', 'finished', 'closed', 'owed', 'waits', 'eta')
if live == 0 and facts[4] and not facts[5] and not under_way() then return reply('over') end
local deadline = not facts[3] and facts[2] or ''
return reply('ok', earliest and string.format('%.0f', earliest) or '', running, facts[1], status, deadline,
  late, waiting, facts[5] or '', facts[6] and not held and facts[7] or '')
