-- want: 2 no regular file
-- run: render --grant read={folder}/fifo
template "x" { summary = "s", render = function(ctx)
  local v = csv.read "fifo"
  return v
end }
