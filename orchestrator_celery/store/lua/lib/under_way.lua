-- What keeps a run from being over.
-- Whether a node is live or a pool waits for items. Callbacks may go on after the run has ended. Nodes that are held back
-- do not keep a run that has ended: they may never start again.
local function under_way()
  if redis.call('HEXISTS', root, HEAD.release) == 1 then return true end -- nodes that are held back are about to start
  local any_held, place, entries = false, '0', nil
  repeat
    place, entries = unpack(redis.call('HSCAN', live_key, place))
    for i = 2, #entries, 2 do
      if live_state(entries[i]) ~= STATE.held then return true end
      any_held = true
    end
  until place == '0'
  if any_held then return false end
  repeat
    place, entries = unpack(redis.call('HSCAN', active_key, place))
    for i = 1, #entries, 2 do
      if not is_beside(entries[i]) then return true end
    end
  until place == '0'
  return false
end
