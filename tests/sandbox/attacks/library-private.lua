-- want: 0 kind: Job
for _, library in ipairs { string, table, math, utf8, k8s, yaml, json, csv, re, log, env, net } do
  for name in pairs(library) do library[name] = nil end
end
