-- How far a release has come: see orchestrator_celery/records/head/fields.py.
local function write_release(pass)
  return table.concat({ pass.place, string.format('%.0f', pass.since), pass.was_held and 1 or 0, pass.paused, pass.server }, '|')
end

local function parse_release(pending)
  local place, since, was_held, paused, server = pending:match('^(%d+)|(%d+)|(%d)|(%d*)|(%x*)$')
  return { place = place, since = tonumber(since), was_held = was_held == '1', paused = paused, server = server }
end
