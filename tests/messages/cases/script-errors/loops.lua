template "loops" {
  summary = "s",
  render = function(ctx)
    while true do pcall(function() while true do end end) end
  end,
}
