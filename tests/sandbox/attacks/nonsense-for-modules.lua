-- want: 0 info[log]: all of them came back
template "x" { summary = "s", render = function(ctx)
  -- whatever our functions are given, they return or raise
  local odd = { 0 / 0, -1, 1 << 62, "", "\27%", { {} }, error, ctx, ctx.task, true, ("x"):rep(1000) }
  local names, count = { yaml, json, csv, re, env, k8s, net, string, table, math, utf8 }, 0
  for _, library in ipairs(names) do
    for name, f in pairs(library) do
      if type(f) == "function" and name ~= "rep" then
        for _, a in ipairs(odd) do
          pcall(f, a)
          for _, b in ipairs(odd) do
            pcall(f, a, b)
            pcall(f, b, a, 2)
          end
        end
      end
    end
  end
  log.info "all of them came back"
  return { apiVersion = "v1", kind = "X", metadata = { name = "x" } }
end }
