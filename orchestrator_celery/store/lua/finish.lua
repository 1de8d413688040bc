-- Purpose: records the result of a leaf and returns the effects.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 retries  4 nesting  5 result  6 `=` and the targets of the edges that follow, or '' to decide
--       7 newest results by which the targets were chosen, as `node:reference ...`
--       8 the leaf whose message the worker handles, as `node:attempt`, if it may go on with a leaf of the run, or ''
--       9 worker  10 tasks that it may go on with, as `,task,task,`  11 milliseconds since it got the message
-- RETURNS: {'ok', effects, next?, checkpoint?, ...} next: the leaf that the worker goes on with, in the form of an effect;
--          after it, as `claim` returns it, what the body needs
--          | {'gone'} there is no such run | {'stale'} superseded, or ended already
-- include: everything begin_body continue
if not status then return reply('gone') end
local node = ARGV[1]
local live = running_body(node, ARGV[2], ARGV[3], ARGV[4])
if not live then return reply('stale') end
local is_chosen = ARGV[6] ~= '' and (ARGV[7] == '' or are_newest(node, ARGV[7]))
if is_chosen then chosen = { node = node, targets = ARGV[6]:sub(2) } end
local carrier, worker, tasks, spent = ARGV[8], ARGV[9], ARGV[10], tonumber(ARGV[11])
replaced_by = replacement(carrier, tasks, spent)
settle(node, live, STATE.succeeded, ARGV[5])
return reply('ok', continue(carrier, worker, tasks, spent))
