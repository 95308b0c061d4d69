-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  local t = {}
  while true do
    local i = #t
    t[i + 1] = function() return i end
  end
end }
