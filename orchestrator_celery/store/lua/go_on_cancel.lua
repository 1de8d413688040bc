-- Purpose: lists what the cancellation of a large run has to do, one slice of its nodes, and deletes the data when told that
--          all of it is done. A pass over the nodes may be repeated.
-- KEYS: 1 root key of the run
-- ARGV: 1 place of the slice; '' for the first, 'end' to delete the data
-- RETURNS: {'ok', {}, place, tasks, runs, cleanups} place: of the next slice, 'end' after the last one; tasks: to be stopped;
--          runs: inside, to be cancelled; cleanups: item, its definition, callback, its definition, four values for each
--          | {'gone'} there is no such run, or it was not cancelled | {'stale'} its data are deleted
-- include: outbox records/short_end records/ended records/task_id error_copy callbacks cleanups cancelled_nodes server_id
if not cancelled then return reply('gone') end
if redis.call('HEXISTS', root, HEAD.bodies) == 1 then return reply('stale') end
if ARGV[1] == 'end' then
  leave_head({}, {})
  return reply('ok', 'end', {}, {}, {})
end
local MOST = 300 -- nodes of one slice
local server, part, cursor = ARGV[1]:match('^(%x*) (%a+) (%d+)$')
if not part or server ~= server_id() then part, cursor = 'leaves', '0' end
local tasks, inner, found, entries = {}, {}, {}, nil
local function scan(command, key)
  cursor, entries = unpack(redis.call(command, key, cursor, 'COUNT', MOST))
  return entries
end
local AFTER = { leaves = 'composites', composites = 'runs', runs = 'end' }
if part == 'leaves' then
  collect_leaves(tasks, found, scan('HSCAN', live_key))
elseif part == 'composites' then
  collect_composites(found, scan('HSCAN', active_key))
else
  inner = scan('SSCAN', inner_key)
end
local cleanups = {}
for _, cleanup in ipairs(found) do
  cleanups[#cleanups + 1], cleanups[#cleanups + 2] = cleanup.item, cleanup.definition
  cleanups[#cleanups + 1], cleanups[#cleanups + 2] = cleanup.place, cleanup.call
end
if cursor == '0' then part = AFTER[part] end
return reply('ok', part == 'end' and 'end' or server_id() .. ' ' .. part .. ' ' .. cursor, tasks, inner, cleanups)
