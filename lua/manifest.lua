-- The modules of moonstep in the order of the road: a module requires only what stands before it (`make lint` checks).
return {
  -- values and diagnostics
  "base.near", "base.glob", "base.diff", "base.value", "base.place", "base.path", "base.diag", "base.ids", "base.options",
  "base.quantity", "base.duration", "base.base64", "base.packed",
  -- files --load--> documents
  "documents.kinds", "documents.decode", "documents.load", "documents.notes", "documents.schema", "documents.crds",
  -- documents --index--> model
  "model.index", "model.targets", "model.managed", "model.blueprint",
  -- scripts: what they see, and how they are run
  "output.order", "scripts.k8s", "scripts.url", "scripts.csv", "scripts.re", "scripts.running", "scripts.flights",
  "scripts.origins", "scripts.proxies",
  "scripts.freshness", "scripts.reasons", "scripts.recordings", "scripts.answers", "scripts.requests", "scripts.remote", "scripts.http",
  "kube.kubeconfig", "kube.cluster", "kube.plugin", "kube.certificate", "kube.credentials", "kube.json", "kube.refusal", "kube.client",
  "kube.resources",
  "kube.loop", "kube.connection", "kube.list", "kube.watch", "kube.logs", "kube.events", "kube.status", "kube.apply",
  "kube.objects", "kube.clusters",
  "scripts.kube",
  "scripts.modules", "scripts.grants", "scripts.sandbox",
  "scripts.waivers", "scripts.findings", "scripts.selection", "scripts.rules", "scripts.verdicts", "scripts.packs",
  "scripts.judge", "scripts.secrets", "scripts.tests", "scripts.provided", "scripts.wall", "scripts.registry", "scripts.config",
  "providers.env", "providers.inventory", "providers.file", "providers.dotenv", "providers.inflate",
  "providers.git",
  "providers.pointer", "providers.template", "providers.text", "providers.server", "providers.http-json", "providers.vault",
  "providers.consul", "providers.etcd", "providers.kubernetes", "scripts.reference",
  -- model --resolve--> variables
  "variables.stash", "variables.appbinding", "variables.task", "variables.chain", "variables.trace", "variables.sources",
  "variables.resolve",
  -- variables --template--> Job tree
  "templates.names", "templates.settings", "templates.volumes", "templates.containers", "templates.security", "templates.deadline",
  "templates.context", "templates.provenance", "templates.collisions", "templates.stash", "templates.job", "templates.sequence",
  "templates.schedule",
  -- Job tree --emit--> YAML, JSON
  "output.write", "output.seen",
  -- Functions and Tasks that no file holds
  "catalog.frame", "catalog.restic", "catalog.notify", "catalog.make",
  "catalog.postgres", "catalog.mysql_dump", "catalog.mysql", "catalog.mariadb",
  "catalog.percona_xtradb", "catalog.mongodb", "catalog.redis", "catalog.etcd", "catalog.nats", "catalog.elasticsearch", "catalog.vault",
  "catalog.kubedump", "catalog.pvc", "catalog.all", "catalog.params", "catalog.source", "catalog.rbac",
  -- findings --fix--> the user's own files
  "fixes.page", "fixes.style", "fixes.edits", "fixes.plan", "fixes.apply",
  "checks", "road",
  -- rows --> many targets, in several processes
  "batch.names", "batch.manifest", "batch.depends", "batch.previous", "batch.out", "batch.merge",
  "batch.plan", "batch.texts", "batch.record", "batch.recorder", "batch.notes",
  "batch.piece", "batch.emitted", "batch.rows", "batch.find", "batch.progress", "batch.run", "batch.show", "batch.indexed_job",
  "batch.compare",
  -- what became of a backup or restore
  "status.units", "status.reasons", "status.output", "status.results", "status.metrics", "status.push", "status.session", "status.report",
  "notify.facts", "notify.letter", "notify.tries", "notify.smtp", "notify.post", "notify.settings",
  -- Jobs that run: on a cluster, and on this machine
  "run.sources", "run.screen", "run.show", "run.handlers", "run.before", "run.after", "run.whole",
  "cluster.made", "cluster.hints", "cluster.rights", "cluster.accounts", "cluster.ended", "cluster.steps", "cluster.put",
  "cluster.preflight", "cluster.difference", "cluster.watches", "cluster.follow", "cluster.attempts", "cluster.verdict",
  "cluster.connect", "cluster.owned", "cluster.wait", "cluster.hooks", "cluster.errand", "cluster.follower", "cluster.sequel",
  "cluster.batch_end", "cluster.run", "cluster.failures", "cluster.queue", "cluster.target", "cluster.tally", "cluster.targets",
  "podman.client", "podman.folder", "podman.expand", "podman.fields", "podman.environment", "podman.job",
  "podman.volumes", "podman.arguments", "podman.run",
  -- tests of scripts
  "testing.find", "testing.sources", "testing.expect", "testing.code_lines", "testing.coverage", "testing.run", "testing.formats",
  -- findings --report--> what people and programs read
  "reports.written", "reports.passed", "reports.github", "reports.json", "reports.junit", "reports.sarif", "reports.tap",
  "reports.html.spool", "reports.html", "reports.html.run", "reports.html.batch", "reports.all",
  "commands.version", "commands.init", "commands.inputs", "commands.batches", "commands.render", "commands.batch-job", "commands.check",
  "commands.run", "commands.update-status", "commands.notify-email", "commands.notify-http", "commands.after-end",
  "commands.clusters", "commands.apply",
  "commands.logs", "commands.status", "commands.delete",
  "commands.test", "commands.explain",
  "commands.grants", "commands.plan", "commands.merge", "commands.diff",
  "commands.lua", "commands.schema", "commands.crds", "commands.catalog",
  "commands.manual", "commands.help", "commands.completion",
  "main",
}
