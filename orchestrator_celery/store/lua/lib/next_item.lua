-- Which item gets a free place of a pool: the first waiting item of the highest priority (invariant 5).
-- The next item, without starting it: its index and, where priorities differ, its priority and the entry in the line.
-- Nil if no place is free for any waiting item.
local function peek(pool_id, definition, pool)
  if pool.mixed then return peek_in_line(pool_id, definition, pool) end
  return pool.next
end

-- Takes the item that `peek` returned out of the line.
local function draw(pool_id, definition, pool, index, priority, entry)
  pool.next = pool.next + 1
  if pool.mixed then draw_from_line(pool_id, definition, pool, index, priority, entry) end
end
