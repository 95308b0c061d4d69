-- want: 2 no regular file
-- run: render --grant read=/dev
template "x" { summary = "s", render = function(ctx)
  local v = yaml.read "/dev/zero"
  return v
end }
