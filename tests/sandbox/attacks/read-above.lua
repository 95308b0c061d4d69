-- want: 2 is not granted
template "x" { summary = "s", render = function(ctx)
  local v = yaml.read "../../../../../../../../etc/passwd"
  return v
end }
