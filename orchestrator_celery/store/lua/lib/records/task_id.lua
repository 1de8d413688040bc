-- The Celery task id of a leaf: see orchestrator_celery/model/ids.py.
local function task_id(node, attempt) return root:match('{(.*)}$') .. ':' .. node .. ':' .. attempt end
