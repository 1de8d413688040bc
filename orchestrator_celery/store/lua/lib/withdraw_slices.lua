-- Slices of a pass over the nodes of a run.
local function error_of(pool_id) return withdrawn and errors_of_failing()[pool_id] or withdrawn_with(pool_id) end

-- One slice over the live nodes; returns where to go on.
local function withdraw_leaves(cursor, most, inner)
  local next_cursor, entries = unpack(redis.call('HSCAN', live_key, cursor, 'COUNT', most))
  for i = 1, #entries, 2 do
    local node = entries[i]
    local why, live = withdrawn_with(node), get_live(node)
    if why and live and live.state == STATE.delegated then
      inner[#inner + 1], inner[#inner + 2] = task_id(node, live.attempt), why
    elseif why and live and has_not_begun(live) then
      withdraw_leaf(node, live)
    end
  end
  if next_cursor == '0' then return 'm', '0' end
  return 'l', next_cursor
end

-- One slice over the composites: a pool of which nothing is live ends here.
local function end_idle_pools(cursor, most)
  local next_cursor, entries = unpack(redis.call('HSCAN', active_key, cursor, 'COUNT', most))
  for i = 1, #entries, 2 do
    local pool = not is_beside(entries[i]) and get_pool(entries[i])
    if pool and error_of(entries[i]) then
      pool.stopped = true
      end_if_done(entries[i], definition_of(entries[i]), pool)
    end
  end
  if next_cursor == '0' then return 'end', '0' end
  return 'm', next_cursor
end
