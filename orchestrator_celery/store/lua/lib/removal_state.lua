-- Functions of the part `removing`.
local why_not_removable, count_waiting, moment_of_count, take_out_waiting
