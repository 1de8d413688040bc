-- Records of progress: see orchestrator_celery/records/progress.py.
local function write_progress(place, done, total, message) return table.concat({ place, done, total, message }, '|') end

local function place_in_progress(record) return record:match('^[^|]*') end
