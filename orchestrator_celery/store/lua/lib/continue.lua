-- The process that has finished a leaf goes on with a leaf that this call has put into the outbox. The owner of such a leaf is
-- `carrier worker`: the carrier is the leaf whose message the process handles.
local LONGEST_DEFINITION = 4096 -- bytes; a longer one costs more to look into than its message
local SHARED_TURN = 2000 -- milliseconds that the live nodes of a run share, before other messages get their processes

local function is_plain(definition, tasks) -- a leaf of one of the tasks, without options of its own
  if #definition > LONGEST_DEFINITION or shape_of(definition) ~= SHAPE.leaf then return false end
  if attribute(definition, ATTRIBUTE.begins) then return false end
  local payload = definition:match('\n(.*)$')
  local task = payload:match('^%["([^"\\,]+)"')
  if not task or not tasks:find(',' .. task .. ',', 1, true) then return false end
  local is_json, parts = pcall(cjson.decode, payload)
  local OPTIONS, ROLE = 4, 6
  return is_json and not (parts[OPTIONS] and next(parts[OPTIONS])) and (parts[ROLE] or '') == ''
end

-- An effect that is a first message without a delay and without a priority.
local function may_continue(effect, tasks)
  local kind, node, _, retries, nesting, _, definition, wait, priority = unpack(effect)
  return kind == 'dispatch' and not is_runner(node) and retries == 0 and nesting == 0 and wait == 0 and priority == ''
    and is_plain(definition, tasks)
end

local function has_time(carrier, spent)
  return carrier ~= '' and not held and spent * redis.call('HLEN', live_key) < SHARED_TURN
end

-- Which item of an unbounded pool takes the place of the leaf: one that the process goes on with, if nothing else starts. When
-- the time of the process is over, any item, by a message.
local function replacement(carrier, tasks, spent)
  if carrier == '' or held then return nil end
  return function(node) return not has_time(carrier, spent) or #effects == 0 and is_plain(definition_of(node), tasks) end
end

-- Takes one leaf from the effects; returns its effect and what a claim returns.
local function continue(carrier, worker, tasks, spent)
  if not has_time(carrier, spent) then return end
  for i, effect in ipairs(effects) do
    local node = effect[2]
    local live = may_continue(effect, tasks) and get_live(node)
    if live then -- its graph may have failed in this call
      table.remove(effects, i)
      begin_body(node, live, carrier .. ' ' .. worker)
      if live.attempt > base + 1 then redis.call('HDEL', progress_key, node) end -- of the body before
      return effect, given_to_body(node, live)
    end
  end
end
