-- want: 2 memory-limit & memory-concat.lua:4
template "x" { summary = "s", render = function(ctx)
  local s = "x"
  while true do s = s .. s end
end }
