-- Purpose: takes a node out that has not started. The nodes after it go on as if it were not there.
-- KEYS: 1 root key of the run
-- ARGV: 1 node  2 id of the run as which it goes on, or ''
--       3 number of leaves in the node and 4 moment of the count, as `count_waiting` returned them; or '' and ''
-- RETURNS: {'ok', effects} | {'gone'} there is no such run | {'state', {}, status} the run has ended
--          | {'large'} the leaves in the node have to be counted with `count_waiting`, or the count is not true any more
--          | {'node', {}, why} the state of a node that has begun or never starts; `unknown`, `root`, `callback`, `approval`;
--          `early`: the input of the node is not known yet
--          | {'unfinished'} a retry is going on, and has to be finished with `go_on_retry` first
-- include: everything removals records/orders resend asked once
if not status then return reply('gone') end
if redis.call('HEXISTS', root, HEAD.retry) == 1 then return reply('unfinished') end
-- A function, because a Lua function has 200 local variables at most.
local function take_out_node()
  local node, detached_to = ARGV[1], ARGV[2]
  local field = node .. BESIDE.detached_to
  if redis.call('HGET', ended_key, field) == detached_to then return reply('ok') end -- the answer to an earlier call was lost
  if status == STATUS.succeeded or status == STATUS.failed then return reply('state', status) end
  local why_not = why_not_removable(node)
  if why_not then return reply('node', why_not) end
  local leaves, rest = tonumber(ARGV[3]), ''
  if ARGV[4] ~= moment_of_count() then leaves, rest = count_waiting(node, '', 1000) end
  if rest ~= '' then return reply('large') end
  local live, pool = get_live(node), get_pool(parent_of(node))
  if detached_to ~= '' then
    if shape_of(definition_of(node)) == SHAPE.approval then return reply('node', 'approval') end
    if not live and not pool then return reply('node', 'early') end
    redis.call('HSET', ended_key, field, detached_to)
    owe(HEAD_PREFIX.detach .. node, write_detach(detached_to, live and live.input or pool.input))
  end
  redis.call('HSET', root, HEAD.ahead, 1)
  ahead = '1'
  if leaves > 0 then
    redis.call('HINCRBY', root, HEAD.total, -leaves)
    redis.call('HINCRBY', root, HEAD.skipped, leaves)
  end
  if live then
    redis.call('HDEL', live_key, node)
    pass_over(node, leaves, live.input)
  else
    take_out_waiting(node, leaves)
  end
  return reply('ok')
end
return take_out_node()
