-- Purpose: lists the messages in the outbox that the end of a leaf put there, for a caller that lost the answer to its report.
--          Reads only.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt
-- RETURNS: {'ok', effects} | {'gone'} there is no such run | {'stale'} the node has not ended with this attempt
-- include: outbox records/ended records/graph records/graph_node records/graph_visit records/task_id error_copy callbacks looked_at decision resend
if not status then return reply('gone') end
local record = redis.call('HGET', ended_key, ARGV[1])
if not record or ended_attempt(record) ~= tonumber(ARGV[2]) then return reply('stale') end
resend(ended_moment(record))
return reply('ok')
