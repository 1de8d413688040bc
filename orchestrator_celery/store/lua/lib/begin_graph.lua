-- A graph begins: its first tokens leave START.
begin_graph = function(node, input)
  if not graphed then redis.call('HSET', root, 'graph', 1) end
  graphed = '1'
  if attr(definition(node), 'own') then -- it has arguments of its own beside what it is given
    redis.call('HSET', DONE, node .. ':in', input)
    input = 'o:' .. node
  end
  if ahead and redis.call('HEXISTS', DONE, node .. ':g') == 1 then return regain(node, input) end
  local g = new_graph(node, input)
  g.busy = true -- what ends at once waits until all tokens have left
  leave_start(node, g)
  g.busy = nil
  return drive(node, g)
end
