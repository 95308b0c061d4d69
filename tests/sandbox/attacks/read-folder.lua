-- want: 2 no regular file | Is a directory
-- run: render --grant read=/proc
template "x" { summary = "s", render = function(ctx)
  local v = yaml.read "/proc/self"
  return v
end }
