-- want: 2 error[script]
-- run: render --grant read=/etc/hosts
template "x" { summary = "s", render = function(ctx)
  local v = yaml.read "/etc\0/passwd"
  return v
end }
