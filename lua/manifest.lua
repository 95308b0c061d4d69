-- The modules of moonstep in the order of the road: a module requires only what stands before it (`make lint` checks).
return {
  -- values and diagnostics
  "base.near", "base.value", "base.place", "base.diag", "base.options",
  -- files --load--> documents
  "documents.kinds", "documents.decode", "documents.load",
  -- documents --index--> model
  "model.index", "model.targets", "model.managed",
  -- scripts: what they see, and how they are run
  "scripts.k8s", "scripts.url", "scripts.sandbox", "scripts.registry",
  -- model --resolve--> variables
  "variables.stash", "variables.task", "variables.chain", "variables.resolve",
  -- variables --template--> Job tree
  "templates.names", "templates.settings", "templates.volumes", "templates.containers", "templates.context", "templates.stash",
  -- Job tree --emit--> YAML, JSON
  "output.order", "output.write",
  "road",
  "commands.version", "commands.render", "commands.help",
  "main",
}
