-- How far a list has been read: to a run and its time of creation, or to all runs since a time. And the work that it took.
local low, high = ARGV[3], ARGV[4]
local position_time, position_run, work = ARGV[5], ARGV[6], 0

local function move_to(time, run) position_time, position_run = time, run end

-- The highest score that is not read; '(' before it excludes the score itself.
local function upper_bound(time, run)
  if time == '' then return high end
  return run == '' and '(' .. time or time
end
