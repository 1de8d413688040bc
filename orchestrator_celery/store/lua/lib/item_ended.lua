-- An item of a pool has ended, or was withdrawn before it began.
local function item_ended(pool_id, definition, index, state, counts)
  local pool, item = get_pool(pool_id), pool_id .. '.' .. index
  give_place_back(definition, pool, item)
  if withdrawn_with(item) then pool.stopped = true end
  if state == UNDONE.not_begun then -- it waits again, for a retry
    pool.next = pool.next - 1
    if pool.pumping then return end
    return end_if_done(pool_id, definition, pool)
  end
  pool.done = pool.done + 1
  if state == STATE.failed then
    pool.failed = pool.failed + 1
    if not pool.first_error or index < pool.first_error then pool.first_error = index end
    local stop_after = number(definition, ATTRIBUTE.stop_after)
    if stop_after and pool.failed >= stop_after and not pool.stopped then
      pool.stopped = true
      if pool.next > pool.done then
        set_failing(pool_id, item)
        withdraw_soon()
      end
    end
  end
  if state ~= STATE.skipped and has_item_callbacks(definition, counts) then
    call_back_after_item(item, definition, state, counts)
  end
  if pool.pumping then return end
  pump(pool_id, definition, pool)
  return end_if_done(pool_id, definition, pool)
end
