-- Purpose: records a decision about a visit of a graph's node, and moves its token on, in one step.
-- KEYS: 1 root key of the run
-- ARGV: 1 visit, or START as `<graph>.S.0`  2 verdict: `go`, `again`, `stop`, `with`, `map` or `fail`
--       3 of `go`: targets; of `again`: milliseconds until then; of `map`: number of elements; of `fail`: the error
--       4 of `with`: inputs; of `map`: the list; of `go`: the value that goes from START to END or past a skipped node
-- RETURNS: {'ok', effects} | {'gone'} there is no such run | {'stale'} it was recorded before, or the run has ended
-- include: everything graphs verdicts resend asked once
if not status then return reply('gone') end
local decided, verdict, argument, value = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local graph_id, at, turn = parts_of_visit(decided)
local field, key = decision_of(graph_id, at, turn), at .. '.' .. turn
local live = get_live(field)
local graph = live and get_graph(graph_id)
if not graph then return reply('stale') end
redis.call('HDEL', live_key, field)
local cause, reference = cause_of(live)
local is_before_body = cause == CAUSE.map or cause == CAUSE.inputs

graph.busy = true
graph.error = graph.error or withdrawn_with(graph_id)
if graph.error then
  leave_undone(graph, key, is_before_body and UNDONE.not_begun or cause, reference)
elseif verdict == 'go' then
  local holder = (cause == CAUSE.skipped and decided or graph_id) .. '.' .. PLACE.value -- of a value no node has
  if value ~= '' then put_ended(holder, STATE.succeeded, 0, now, '', value) end
  local failed = cause == CAUSE.failed
  local result = failed and SOURCE.error_value .. reference or cause == CAUSE.skipped and holder or reference
  leave(graph_id, graph, at, turn, result, argument, not failed)
elseif verdict == 'again' then
  retry_visit(graph_id, graph, at, turn, tonumber(argument))
elseif verdict == 'map' then
  local leaves = number(definition_of(graph_id .. '.' .. at), ATTRIBUTE.leaves)
  count_in_graph(graph_id, HEAD.total, (argument - 1) * leaves)
  map_over(graph_id, at, decided, argument, value)
elseif verdict == 'with' then
  redis.call('HSET', ended_key, decided .. BESIDE.inputs, value)
  start(graph_id, at, turn, redis.call('HGET', ended_key, decided .. BESIDE.input))
elseif verdict == 'stop' then
  leave_undone(graph, key, UNDONE.failed, reference)
  fail_graph(graph_id, graph, reference)
elseif is_before_body then
  fail_before_body(graph_id, at, turn, argument)
else
  local holder = decided .. '.' .. PLACE.value
  put_ended(holder, STATE.failed, 0, now, '', argument)
  leave_undone(graph, key, cause, reference)
  fail_graph(graph_id, graph, holder)
end
graph.busy = nil
move_tokens(graph_id, graph)
return reply('ok')
