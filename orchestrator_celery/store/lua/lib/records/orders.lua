-- Orders in the head: see orchestrator_celery/records/head/fields.py.
local function write_stop(signal, grace) return table.concat({ now, signal, grace }, ' ') end

local function write_detach(run, input) return run .. ' ' .. input end
