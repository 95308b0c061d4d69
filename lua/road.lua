-- The road, from end to end: files become documents, documents a model, the model's targets variables, variables a Job.
local config = require "scripts.config"
local collisions = require "templates.collisions"
local context = require "templates.context"
local diag = require "base.diag"
local flights = require "scripts.flights"
local index = require "model.index"
local load = require "engine.load"
local near = require "base.near"
local place = require "base.place"
local read = require "documents.load"
local remote = require "scripts.remote"
local resolve = require "variables.resolve"
local sandbox = require "scripts.sandbox"
local scripts = require "scripts.registry"
local secret = require "engine.secret"
local targets = require "model.targets"
local value = require "base.value"
local view = require "engine.view"
local volumes = require "templates.volumes"
local write = require "output.write"

local road = {}

-- Kinds that do not count when a Task is rendered alone.
local INVOKERS = { BackupConfiguration = true, BackupBatch = true, BackupSession = true, RestoreSession = true, RestoreBatch = true }

local function is_text(v) return type(v) == "string" and v ~= "" and diag.is_visible(v) end

-- Whether it has what identifies an object, in words that may stand in output and messages.
local function is_object(made)
  local metadata = type(made) == "table" and view.shown(made.metadata)
  return type(metadata) == "table" and is_text(made.kind) and is_text(made.apiVersion) and is_text(metadata.name)
    and (metadata.namespace == nil or is_text(metadata.namespace))
end

-- An object in the output's format, as { text, object }; nil and why when it cannot be written. An object with secrets in it has them in
-- its text alone, and in `original`: everybody else sees its masked copy.
local function write_object(object, options)
  local format = options.output or "ndjson" -- what cannot be written is an error, printed or not
  local checked = format == "name" and secret.any() and "ndjson" or format -- names do not tell of secrets
  local text, why = write.text(object, checked)
  local holds = not text and secret.any()
  if holds then text, why = write.text(object, checked, true) end
  if not text then return nil, why end
  local masked = holds and require "scripts.secrets".masked(object) or object
  if checked ~= format or holds and options.texts then text = write.text(masked, format) end -- what tests keep is for everybody
  return { text = text, object = masked, original = holds and object or nil }
end

-- What a template returned, one object or a list of them, as write_object gives each, with its id. Returns nil and why when it cannot be.
local function write_made(made, options)
  made = view.shown(made)
  if type(made) == "table" and made.kind then made = { made } end
  if type(made) ~= "table" or #made == 0 then return nil, "it returned no object" end
  local written = {}
  for i, object in ipairs(made) do
    object = view.shown(object)
    if not is_object(object) then return nil, "what it returned is no object: apiVersion, kind and metadata.name are needed" end
    local each, why = write_object(object, options)
    if not each then return nil, why end
    each.id = ("%s %s/%s"):format(object.kind, object.metadata.namespace or "", object.metadata.name)
    written[i] = each
  end
  return written
end

-- Runs the template for a target. Returns its objects and their texts as write_made gives them, or nil and a diagnostic. What the
-- template returned is looked at under its limits: it may be anything.
local function run_template(template, resolver)
  local object = resolver.target.object
  local what = ("template %s, asked for %s %s"):format(template.name, object.kind, object.name)
  local function render(ctx) return write_made(template.render(ctx), resolver.options) end
  local ok, written, why = sandbox.run({ what = what, file = template.file }, render, context(resolver))
  if not ok then return nil, written end
  if not written then return nil, { rule = "bad-object", message = why, place = { file = template.file }, within = what } end
  return written
end

-- True when everything that the target rests on was without errors.
local function is_clean(resolver)
  for entry in pairs(resolver.used) do
    if entry.findings then return false end
  end
  return true
end

-- A claim of a restore that exists already, in words, or nil. Claims count as existing from when they are made.
local function existing_claim(resolver, made)
  for _, claim in ipairs(resolver.claims) do
    local key = claim.metadata.namespace .. "/" .. claim.metadata.name
    if made[key] then
      return ("PersistentVolumeClaim %s exists already (persistentvolumeclaims \"%s\" already exists)"):format(key, claim.metadata.name)
    end
    made[key] = true
  end
end

-- The claims of a restore's replica, which must not exist yet. A problem ends the target; what was made for earlier replicas stays.
local function make_claims(resolver, made)
  local existing = resolver.claims and existing_claim(resolver, made)
  if existing then
    resolver:problem { rule = "existing-claim", message = existing, place = place.of(resolver.target.spec.target, "volumeClaimTemplates") }
  end
end

-- True when secrets stand in what was made where they may.
local function are_kept(written, resolver, with)
  if not secret.any() then return true end
  with.checks = with.checks or require "checks"(with.registry, with.options)
  return with.checks:secrets(written, resolver)
end

-- make(target, template, with [, fill]): what one target asks for, as far as it has nothing to do with others: several are in flight at a
-- time (scripts.flights). For `finish`; nil when a target that it belongs to failed. `fill(resolver)` may give what comes of it in place of
-- the template.
function road.make(target, template, with, fill)
  if target.siblings.failed then return nil end
  sandbox.begin()
  local resolver, written, why = resolve(target, with, template.accidents), nil, nil
  local filled = fill and not resolver.failed and fill(resolver)
  if filled then return { resolver = resolver, filled = filled } end
  if target.ordinal and not resolver.failed then resolver.claims = volumes.restore_claims(resolver) end
  if not resolver.failed then written, why = run_template(template, resolver) end
  return { resolver = resolver, written = written, why = why }
end

-- finish(made, target, template, with): sees to it that what was made goes with what was made before. Returns its objects as a list of
-- { text, object, id }; nil when the target failed, which has been reported; false when they are withheld.
function road.finish(made, target, template, with)
  if not made then return nil end
  local resolver, written = made.resolver, made.written
  make_claims(resolver, with.made)
  if not resolver.failed and made.why and not made.why.reported then resolver:problem(made.why) end
  if not resolver.failed and not template.accidents then collisions.check(resolver, written, with.makers) end
  target.siblings.failed = resolver.failed
  if resolver.failed then return nil end
  local kept = are_kept(written, resolver, with)
  local clean = (not with.checks or with.checks:made(written, resolver)) and is_clean(resolver)
  for _, each in ipairs(with.options.objects and written or {}) do table.insert(with.options.objects, each.object) end
  return kept and (clean or with.options.emit_all) and written or false
end

-- A value of the command line that nothing asked for is probably misspelt.
function road.warn_unused(options, report)
  for _, name in ipairs { "set", "param" } do
    for key in value.pairs(options[name]) do
      if not options.asked[key] then
        local meant = near(key, value.keys(options.asked))
        report:add { rule = "unused-value", severity = "warning", hint = meant and ("did you mean %s?"):format(meant),
          message = ("--%s %s: no Task or Function that was rendered asks for it"):format(name, key) }
      end
    end
  end
end

-- moonstep's own settings, with what was given.
local function operator_settings(own, given)
  local settings = {}
  for name, default in pairs(own) do settings[name] = given[name] or default end
  return settings
end

-- What the second wall has to leave open. Tests go the road many times in one process, and are behind theirs already.
local function wall_of(options)
  return not options.each and { files = options.files, deep = options.recursive, reports = options.reports,
    fix = options.fix and not options.dry_run, targets = options.targets, out = options.out and options.out.path,
    fill = options.fill } or nil
end

-- scripts(options, report) -> what the scripts of the configuration and those of the options declare, and the template. Raises a
-- diagnostic when one cannot be loaded. options.registry, if given, is what was declared; options.site is a configuration.
function road.scripts(options, report)
  local site = options.site or config.load(options.config)
  local given = {}
  for name, v in pairs(site.options) do given[name] = v end
  for name, v in pairs(options.given_options) do given[name] = v end
  options.option = operator_settings(options.own_options, given)
  local registry = options.registry or scripts(site, { scripts = options.scripts, grants = options.grants, policies = options.policies,
    without_grants = options.without_grants, exchanges = options.exchanges, options = given,
    kubeconfig = options.kubeconfig, context = options.context, batch = options.targets ~= nil, recorded = options.recorded,
    own_options = options.own_options, wall = wall_of(options) }, report)
  registry.report = report
  local usual = options.kind == "CronJob" and "schedule" or site.template or "job"
  if site.partial and not registry:has_template(usual) then usual = "job" end
  return registry, registry:template(options.template or usual)
end

-- Objects of kinds that moonstep has no use for are judged as they are read when judging is what the user asked for. Those that name a
-- BackupBlueprint are of use.
local function take_other(document, with)
  if with.options.other then with.options.other(document) end
  local annotated = load.peek(document.document, "metadata", "annotations", "stash.appscode.com/backup-blueprint") ~= nil
  if with.options.judge then with.checks:document(document, annotated) end
  return annotated
end

-- The given files, with what those hold that are named by URL. Without a registry, which has failed, these are left out.
local function fetched(given, registry, report)
  local paths = {}
  for _, path in ipairs(given) do
    if type(path) == "table" or not remote.is_url(path) then paths[#paths + 1] = path
    elseif registry then
      local ok, bytes = diag.catch(registry.remote.document, registry.remote, path)
      if ok then paths[#paths + 1] = { remote.name(path), bytes } else report:add(bytes) end
    end
  end
  return paths
end

-- Functions and Tasks that no file holds, loaded when one is missed.
local CATALOGUE = { find = function(...) return require "catalog.source".find(...) end,
  names = function(kind) return require "catalog.source".names(kind) end }

-- What the files do not hold is looked for in the cluster that the options name, if they do, and in the catalogue. The processes of a batch
-- ask no cluster: what they need is got before.
local function look_elsewhere(with)
  local options, model, registry = with.options, with.model, with.registry
  model.others = { CATALOGUE }
  if not options.context or not registry then return end
  local objects = require "kube.objects"
  local cluster = registry.clusters:connection(registry.context)
  options.namespace = options.namespace or cluster.settings.namespace
  options.connection, model.in_cluster = cluster, true
  local source = objects.source(cluster, { strict = options.strict, namespace = options.namespace }, with.report)
  table.insert(model.others, 1, source)
  local session = not options.task and #options.files == 0 and options.session
  if session then objects.session(cluster, source, model, session, options.namespace or "default") end
  if options.targets then
    if options.task then objects.task(model, options.task) end
    table.remove(model.others, 1)
  end
end

-- prepare(options, report) -> the files and scripts that the options name, as what the targets need, and the template; nil when
-- something could not be read.
function road.prepare(options, report)
  local registry, template
  local ok, raised = diag.catch(function() registry, template = road.scripts(options, report) end)
  if not ok then report:add(raised) end
  report.rules = registry and registry.rules
  local with = { registry = registry, options = options, report = report, make_context = context, made = {}, makers = {},
    record = options.record }
  with.checks = registry and (options.judge or #registry.rules + #registry.waivers > 0) and require "checks"(registry, options) or nil
  local function other(document) return registry and take_other(document, with) end
  local sink = options.judge and registry and with.checks:sink(report) or report
  local documents = read(fetched(options.files, registry, report),
    { recursive = options.recursive, keep_going = options.keep_going, other = other, seen = options.seen }, sink)
  local skip = (options.task or options.targets) and INVOKERS
  with.model = index(documents, { strict = options.strict, namespace = options.namespace, skip = skip }, sink)
  if report.troubles == 0 then
    ok, raised = diag.catch(look_elsewhere, with)
    if not ok then report:add(raised) end
  end
  if #with.model.annotated > 0 then require "model.blueprint"(with.model, report) end
  if with.checks then with.checks:finish_documents() end
  if report.troubles > 0 or (with.checks and with.checks.broken and not options.keep_going) then
    if with.checks then with.checks.findings:flush(report) end
    return nil
  end
  return with, template
end

local function targets_of(options, model, report)
  if options.task then return { targets.of_task(options.task, options.namespace) } end
  if options.kind == "CronJob" then return targets.of_schedules(model) end
  local all = targets.of_sessions(model, report, options.session)
  if #all == 0 and report.troubles == 0 and not options.judge then
    local only = #model:all "Task" == 1 and model:all("Task")[1].name
    report:add { rule = "no-session", severity = "error", trouble = true,
      message = "the given files hold no BackupSession, RestoreSession or RestoreBatch, so there is nothing to render",
      hint = ("--session '{name}-1' makes sessions up for invokers, --task %s renders a Task alone"):format(only or "NAME") }
  end
  return all
end

-- Adds the objects of a target. One that several targets make stands once; with accidents of the original, where members of a batch
-- share claims, in its last form.
local function collect(made, places, written)
  for _, object in ipairs(written) do
    local at = places[object.id] or #made + 1
    made[at] = object
    places[object.id] = at
  end
end

-- The texts of what was made, without objects that are refused. Returns whether there are none of those, too.
local function texts_of(made, refused)
  local texts = {}
  for _, each in ipairs(made) do
    if not refused[each.object] then texts[#texts + 1] = each.text end
  end
  return texts, #texts == #made
end

-- Keeps for reports that show objects what was made for a target: nothing when it failed.
local function see(report, target, written, withheld)
  table.insert(report.seen, require "output.seen"(target, written, withheld))
end

local function refused_any(objects, refused)
  for _, object in ipairs(objects) do
    if refused[object] then return true end
  end
  return false
end

-- render(options, report) -> exit status. Options: files, recursive, namespace, strict, config, scripts, policies, grants, template, kind,
-- session, task, set, param, own_options, given_options, allow_unset, today, fail_on, keep_going, emit_all, judge (all that was given is
-- checked, not only what is rendered), fix (findings are fixed in the files; with dry_run a diff is printed instead), output (nil: nothing
-- is printed but messages); asked collects the names of the variables that were asked for, objects, if given, what was made, texts, if
-- given, what would be printed; made, if given, gets what would be printed as { text, object, original = with secrets, target } instead;
-- other, if given, is called for documents of kinds that are not known; record is variables.trace's; connection is set to the one to the
-- cluster that the options name (kube.connection).
function road.render(options, report)
  local with, template = road.prepare(options, report)
  if not with then return report:status() end
  local made, places, complete = {}, {}, true
  local function finish(target, result)
    local written = road.finish(result, target, template, with)
    for _, each in ipairs(written or {}) do each.target = target end
    if report.seen then see(report, target, written ~= nil and result.written or nil, written == false) end
    complete = complete and written
    collect(made, places, written or {})
  end
  flights.each(targets_of(options, with.model, report), { make = function(target) return road.make(target, template, with) end,
    finish = finish, group = function(target) return target.siblings end, most = options.record and 1 or nil }, report)
  road.warn_unused(options, report)
  local refused = with.checks and with.checks:finish(with.model, report) or {}
  local texts, all = texts_of(made, refused)
  complete = complete and all
  for _, seen in ipairs(report.seen or {}) do seen.withheld = seen.withheld or refused_any(seen.objects, refused) end
  if options.texts then table.move(texts, 1, #texts, 1, options.texts)
  elseif options.made then
    if complete and report.troubles == 0 then table.move(made, 1, #made, 1, options.made) end
  elseif options.output and (options.keep_going or (complete and report.troubles == 0)) then
    local ok, why = diag.catch(write.all, texts, options.output)
    if not ok then report:add(why) end
  end
  return report:status()
end

return road
