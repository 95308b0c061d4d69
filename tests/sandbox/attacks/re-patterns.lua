-- want: 2 cpu-limit | time-limit | memory-limit
template "x" { summary = "s", render = function(ctx)
  local i = 0
  while true do
    i = i + 1
    pcall(re.find, "x", "(?:a{1,500}){1,20}" .. i)
  end
end }
