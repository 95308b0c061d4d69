-- The pack `backup`: what a platform engineer wants to hear about backups at review time.
--
-- Functions, Tasks, invokers and Repositories are looked at as they were written, Jobs, CronJobs and Pods as they were rendered or given.
-- Each file declares the rules of one subject; read.lua, variables.lua, secrets.lua, cron.lua and index.lua hold what they share.
include "tasks.lua"
include "params.lua"
include "invokers.lua"
include "targets.lua"
include "repositories.lua"
include "references.lua"
include "images.lua"
include "jobs.lua"
include "literals.lua"
