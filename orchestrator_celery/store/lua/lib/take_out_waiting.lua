-- A node that waits is taken out.
-- An item of a pool that has not begun, or that a retry is to begin again. Its line is made now, if it is one range: the pool
-- then need not count its items when it begins.
local function take_out_before(pool_id, definition, index)
  local is_first = redis.call('HSETNX', ended_key, pool_id .. BESIDE.size_before, '') == 1
  if is_first and not attribute(definition, ATTRIBUTE.priorities) then
    put_range(pool_id, PRIORITY.medium, 0, number(definition, ATTRIBUTE.size) - 1)
    write_counted(pool_id, 0, 0)
  end
  local counted = read_counted(pool_id)
  if not counted then return end
  take_out(pool_id, index, index, nil, 1)
  write_counted(pool_id, counted.done + 1, counted.failed, counted.first_error)
end

-- The node leaves the line of a pool that is under way; anywhere else it is passed over when its turn comes.
local function take_out_waiting(node, leaves)
  local parent, index = parent_and_index(node)
  local definition, pool = definition_of(parent), get_pool(parent)
  put_ended(node, STATE.skipped, 0, now, '', leaves)
  emit('skipped', node)
  if pool then
    mix(parent, pool)
    take_out(parent, tonumber(index), tonumber(index), nil, 1)
    pool.next, pool.done = pool.next + 1, pool.done + 1
    return end_if_done(parent, definition, pool)
  end
  if shape_of(definition) == SHAPE.pool then take_out_before(parent, definition, tonumber(index)) end
end
