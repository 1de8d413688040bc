-- Purpose: lists the messages in the outbox that the end of a leaf put there, for a caller that lost the answer to its report. In a
--          large run this is one slice of the live nodes. Reads only.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 attempt  3 owner of a leaf with which the caller was to go on, as `carrier worker`, or ''
--       4 place from which to look, '0' for the beginning
-- RETURNS: {'ok', effects, place, next?, checkpoint?, ...} place: of the next slice, '0' after the last one; the rest as `finish`
--          | {'gone'} there is no such run | {'stale'} the node has not ended with this attempt
-- include: outbox records/short_end records/ended records/graph records/graph_node records/graph_visit records/task_id error_copy callbacks looked_at decision resend begin_body
if not status then return reply('gone') end
local record = redis.call('HGET', ended_key, ARGV[1])
if not record or ended_attempt(record) ~= tonumber(ARGV[2]) then return reply('stale') end
local MOST = 500 -- nodes of one slice
local place, entries = unpack(redis.call('HSCAN', live_key, ARGV[4], 'COUNT', MOST))
local moment, own = ended_moment(record), nil
for i = 1, #entries, 2 do
  local node, live = entries[i], parse_live(entries[i + 1])
  -- The caller runs no body now, so a leaf that runs by this owner is the one that it has not heard of.
  if ARGV[3] ~= '' and is_running(live) and live.owner == ARGV[3] then own = { node, live } else resend_node(node, live, moment) end
end
if ARGV[4] == '0' then resend_rest() end
if not own then return reply('ok', place) end
local node, live = unpack(own)
send(node, live, definition_of(node), 0)
return reply('ok', place, table.remove(effects), given_to_body(node, live))
