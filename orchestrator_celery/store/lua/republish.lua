-- Purpose: publishes messages again that nobody has claimed for too long.
-- KEYS: 1 root key of the run
-- ARGV: 1 milliseconds after which a message is overdue, doubled with each publication  2 longest such pause
--       3.. nodes
-- RETURNS: {'ok', effects} a node that is no longer overdue has no effect | {'gone'} there is no such run
-- include: outbox records/short_end records/ended records/graph records/graph_node records/graph_visit records/task_id error_copy callbacks looked_at decision overdue
if not status then return reply('gone') end
for i = 3, #ARGV do
  local node = ARGV[i]
  local live = get_live(node)
  if live and may_be_overdue(node, live) and due_at(live) <= tonumber(now) then
    live.tries, live.sent = live.tries + 1, tonumber(now)
    put_live(node, live)
    emit('republished', node, EVENT.attempt, live.attempt, EVENT.count, live.tries)
    if live.state == STATE.deciding then
      local graph_id, at, turn = parts_of_decision(node)
      send_decision(graph_id, at, turn, live)
    else
      send(node, live, node == PLACE.close and '' or definition_of(node), 0)
    end
  end
end
return reply('ok')
