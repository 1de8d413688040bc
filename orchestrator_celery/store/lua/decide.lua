-- Purpose: records a decision about a visit of a graph's node, and moves its token on, in one step.
-- KEYS: 1 root key of the run
-- ARGV: 1 visit, or START as `<graph>.S.0`  2 verdict: `go`, `again`, `stop`, `with`, `map`, `fail` or `more`
--       3 of `go`: targets, or `*` for all plain edges; of `again`: milliseconds until then; of `map`: number of elements;
--         of `fail`: the error
--       4 of `with`: inputs; of `map`: the list; of `go`: the value that goes from START to END or past a skipped node
-- RETURNS: {'ok', effects} | {'gone'} there is no such run | {'stale'} it was recorded before, or the run has ended
-- include: everything resend asked once
if not status then return reply('gone') end
local graph_id, at, turn = parts_of_visit(ARGV[1])
local live = get_live(decision_of(graph_id, at, turn))
if not live or not get_graph(graph_id) then return reply('stale') end
redis.call('HDEL', live_key, decision_of(graph_id, at, turn))
decide_visit(graph_id, at, turn, live, ARGV[2], ARGV[3], ARGV[4])
return reply('ok')
