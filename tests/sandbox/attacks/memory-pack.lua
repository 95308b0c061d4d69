-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  local t = {}
  while true do t[#t + 1] = table.pack(table.unpack({}, 1, 10000)) end
end }
