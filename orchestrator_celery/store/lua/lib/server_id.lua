-- Places in a hash differ from server to server: after a restart or a failover, a pass over a hash begins again. If the store's
-- user may not call INFO, all servers have the same id, and such a pass may leave a node out.
local function server_id()
  local answer = redis.pcall('INFO', 'server')
  return not answer.err and answer:match('run_id:(%x+)') or ''
end
