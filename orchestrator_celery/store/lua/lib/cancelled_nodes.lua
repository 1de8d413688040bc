-- What a cancellation has to do about the nodes of its run: bodies to stop, and cleanups that swarms owe their items.
local function collect_leaves(tasks, cleanups, entries)
  for i = 1, #entries, 2 do
    local node, live = entries[i], parse_live(entries[i + 1])
    if live.state ~= STATE.queued then collect_cleanups(cleanups, node, live.attempt, live.callbacks) end
    if is_running(live) and node ~= PLACE.close then
      tasks[#tasks + 1] = task_id(node, live.attempt)
      -- A worker knows a leaf without a message by the message that it handles.
      local carrier = live.owner:match('^([^+%s]%S*) ')
      if carrier and not is_runner(runner_of(live)) then tasks[#tasks + 1] = root:match('{(.*)}$') .. ':' .. carrier end
    end
  end
end

local function collect_composites(cleanups, entries)
  for i = 1, #entries, 2 do
    local node = entries[i]
    if not is_beside(node) then collect_cleanups(cleanups, node, 0, callbacks_of(definition_of(node))) end
  end
end

-- Deletes all of the run but a head, with the tasks and the runs inside that are still to be stopped.
local function leave_head(tasks, inner)
  local KEPT = { HEAD.created, HEAD.name, HEAD.kind, HEAD.total, HEAD.done, HEAD.failed, HEAD.close, HEAD.closed, HEAD.retold,
    HEAD.window, HEAD.events, HEAD.signature, HEAD.outer, HEAD.format, HEAD.app, HEAD.app_name, HEAD.before, HEAD.audit,
    HEAD.notices, HEAD.view }
  local kept = {}
  for i, value in ipairs(redis.call('HMGET', root, unpack(KEPT))) do kept[KEPT[i]] = value end
  for _, key in ipairs(every_key()) do redis.call('UNLINK', key) end
  redis.call('HSET', root, HEAD.status, STATUS.cancelled, HEAD.bodies, cjson.encode(tasks), HEAD.inner, cjson.encode(inner))
  for name, value in pairs(kept) do
    if value then redis.call('HSET', root, name, value) end
  end
end
