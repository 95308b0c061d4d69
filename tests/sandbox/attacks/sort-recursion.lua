-- want: 2 stack overflow
template "x" { summary = "s", render = function(ctx)
  local function less() table.sort({ 1, 2 }, less) end
  less()
end }
