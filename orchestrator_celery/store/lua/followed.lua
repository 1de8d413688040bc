-- Purpose: lists the messages in the outbox that the end of a leaf put there, for a caller that lost the answer to its report.
--          Reads only.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 owner of a leaf with which the caller was to go on, as `carrier worker`, or ''
-- RETURNS: {'ok', effects, next?, checkpoint?, ...} as `finish` | {'gone'} there is no such run | {'stale'} the node has not ended with this attempt
-- include: outbox records/ended records/graph records/graph_node records/graph_visit records/task_id error_copy callbacks looked_at decision resend begin_body
if not status then return reply('gone') end
local record = redis.call('HGET', ended_key, ARGV[1])
if not record or ended_attempt(record) ~= tonumber(ARGV[2]) then return reply('stale') end
resend(ended_moment(record))
-- The caller runs no body now, so a leaf that runs by this owner is the one that it has not heard of.
local function not_heard_of()
  local entries = ARGV[3] ~= '' and redis.call('HGETALL', live_key) or {}
  for i = 1, #entries, 2 do
    local node, live = entries[i], parse_live(entries[i + 1])
    if is_running(live) and live.owner == ARGV[3] then
      send(node, live, definition_of(node), 0)
      return table.remove(effects), given_to_body(node, live)
    end
  end
end
return reply('ok', not_heard_of())
