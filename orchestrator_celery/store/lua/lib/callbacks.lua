-- Callbacks after the end of a node: its own, and those that its swarm calls after each item.
-- The number of them is kept as `links,errbacks;success,error,cleanup`, see orchestrator_celery/records/live.py.
local function callbacks_of(definition)
  if definition:sub(2, 2) == '\n' then return ',' end -- no attributes, as most leaves have it
  local counts = (attribute(definition, ATTRIBUTE.links) or '') .. ',' .. (attribute(definition, ATTRIBUTE.errbacks) or '')
  local success, failure = attribute(definition, ATTRIBUTE.own_success), attribute(definition, ATTRIBUTE.own_error)
  local cleanup = attribute(definition, ATTRIBUTE.own_cleanup)
  if not (success or failure or cleanup) then return counts end
  return counts .. ';' .. (success or '') .. ',' .. (failure or '') .. ',' .. (cleanup or '') -- in place of the swarm's
end

local function cleanups_of(counts, pool_definition) -- how many cleanup callbacks an item has
  return tonumber(counts:match(';%d*,%d*,(%d*)$') or '') or number(pool_definition, ATTRIBUTE.each_cleanup) or 0
end

local function call_each(node, state, counts, reference)
  local links, errbacks = counts:match('^(%d*),(%d*)')
  if state == STATE.succeeded then
    for i = 0, (tonumber(links) or 0) - 1 do call(node .. '.l' .. i, reference) end
  else
    if (tonumber(errbacks) or 0) > 0 then note_copy(node, reference) end
    for i = 0, (tonumber(errbacks) or 0) - 1 do call(node .. '.e' .. i, SOURCE.error .. reference) end
  end
end

local function call_back(node, state, counts, reference)
  if counts ~= ',' then return call_each(node, state, counts, reference) end
end

local function call_back_after_item(item, pool_definition, state, counts)
  local success, failure = counts:match(';(%d*),(%d*),%d*$')
  local function each(letter, count)
    for i = 0, count - 1 do call(item .. '.' .. letter .. i, SOURCE.item .. item) end
  end
  if state == STATE.succeeded then
    each('s', tonumber(success) or number(pool_definition, ATTRIBUTE.each_success) or 0)
  else
    each('f', tonumber(failure) or number(pool_definition, ATTRIBUTE.each_error) or 0)
  end
  each('c', cleanups_of(counts, pool_definition))
end

local function has_item_callbacks(pool_definition, counts)
  return counts:find(';', 1, true) or attribute(pool_definition, ATTRIBUTE.each_success)
    or attribute(pool_definition, ATTRIBUTE.each_error) or attribute(pool_definition, ATTRIBUTE.each_cleanup)
end
