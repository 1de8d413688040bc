-- A runner has ended; another one follows as long as items wait.
runner_ended = function(runner, state)
  reclaim(runner)
  local pool_id = pool_of_runner(runner)
  local pool = get_pool(pool_id)
  if not pool then return retire() end
  pool.runners = pool.runners - 1
  -- No worker can run one, or workers died of it again and again: items go by messages of their own.
  if state == STATE.failed then pool.singly = true end
  pump(pool_id, definition_of(pool_id), pool)
end
