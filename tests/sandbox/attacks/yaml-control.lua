-- want: 2 control characters are not allowed
template "x" { summary = "s", render = function(ctx)
  return yaml.decode "a: \1"
end }
