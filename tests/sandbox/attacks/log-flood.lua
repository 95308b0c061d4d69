-- want: 2 more than 1000 messages
template "x" { summary = "s", render = function(ctx)
  for i = 1, 1000000 do log.info("line " .. i) end
end }
