-- A runner has ended: another one follows while there is something to do.
runner_ended = function(runner, state)
  reclaim(runner)
  local pool = runner:match('^(.*)%.b%d+$')
  local p = get_pool(pool)
  if not p then retiring = redis.call('HGET', root, 'keep') or nil return end
  p.runners = p.runners - 1
  if state == 'F' then p.singly = true end -- no worker can be one, or it died of it again and again
  pump(pool, definition(pool), p)
end
