-- want: 2 memory-limit
template "x" { summary = "s", render = function(ctx)
  return ("%s"):rep(60):format(table.unpack((function()
    local t, s = {}, ("x"):rep(10000000)
    for i = 1, 60 do t[i] = s end
    return t
  end)()))
end }
