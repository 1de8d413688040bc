-- When a pool ends, and how.
local function tolerates_failures(definition, pool)
  local tolerated = number(definition, ATTRIBUTE.max_failures) or 0
  return pool.failed <= (tolerated < 1 and tolerated * pool.size or tolerated)
end

local function has_ended(pool)
  local is_complete = pool.next == pool.size and (not pool.open or pool.draining)
  return pool.done >= pool.next and (pool.stopped or is_complete)
end

local function end_pool(pool_id, definition, pool)
  pool.gone = true
  if pool.runners > 0 then dismiss_runners(pool_id) end
  local why = withdrawn_with(pool_id)
  -- A pool whose items are in line, by their priorities or after a retry, would lose the line.
  local is_as_defined = pool.size == number(definition, ATTRIBUTE.size) and not pool.mixed
  if why and pool.next == 0 and is_as_defined then -- nothing of it has begun, and its definition says all about a new start
    pool.dropped = true
    return up(pool_id, UNDONE.not_begun, '', ',')
  end
  if why and not (pool.next == pool.size and (not pool.open or pool.draining)) then
    return complete(pool_id, definition, STATE.failed, why, pool.since)
  end
  local stop_after = number(definition, ATTRIBUTE.stop_after)
  if not (stop_after and pool.failed >= stop_after) and tolerates_failures(definition, pool) then
    return complete(pool_id, definition, STATE.succeeded, OUTCOME.list .. pool.size, pool.since)
  end
  local kind = attribute(definition, ATTRIBUTE.kind)
  local fails_as_first = kind == KIND.group or kind == KIND.map -- with the error of its first failed item
  local reference = fails_as_first and pool_id .. '.' .. pool.first_error or OUTCOME.swarm .. pool_id
  return complete(pool_id, definition, STATE.failed, reference, pool.since)
end

local function end_if_done(pool_id, definition, pool)
  if not waits and not pool.gone and has_ended(pool) then return end_pool(pool_id, definition, pool) end
end
