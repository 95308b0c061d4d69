-- CronJobs.

-- check(what, input, finding …): the findings are "rule @ path", without the name of the pack.
local function check(what, input, ...)
  local expect = {}
  for i, finding in ipairs { ... } do expect[i] = "kubernetes/" .. finding end
  test(what) { input = input, expect = expect }
end

local function cron(fields)
  return ("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: {%s, jobTemplate: {spec: {template: {spec: {restartPolicy: "
    .. "Never, containers: [{name: c, image: i}]}}}}}\n"):format(fields)
end

for _, schedule in ipairs { "* * * * *", "*/5 0-6,12 1 JAN-mar mon", "0 0 31 12 6", "5/10 ? ? ? ?", "1-5/2 * * * *", "@hourly",
  "@every 1h30m", "@every 1.5h", "*-5 * * * *", " 0 0 * * * " } do
  check("a schedule: " .. schedule, cron("schedule: '" .. schedule .. "'"))
end
for _, case in ipairs {
  { "60 * * * *", "minute must be between 0 and 59" }, { "* 24 * * *", "hour" }, { "* * 0 * *", "day of month" }, { "* * * 13 *",
    "month" }, { "* * * * 7", "day of week" },
  { "* * * *", "has 4" }, { "0 * * * * *", "has 6" }, { "*/0 * * * *", "step" }, { "*/x * * * *", "step" }, { "1/2/3 * * * *",
    "more than one /" }, { "1-2-3 * * * *", "more than one -" },
  { "5-1 * * * *", "ends before" }, { "x * * * *", "no number" }, { "1- * * * *", "no number" }, { "@often", "there is @yearly" },
    { "@every x", "duration" }, { "@every 5", "duration" }, { "@every ", "duration" },
  { "TZ=UTC 0 0 * * *", "timeZone" }, { "CRON_TZ=UTC 0 0 * * *", "timeZone" },
} do check("no schedule: " .. case[1], cron("schedule: '" .. case[1] .. "'"), "cron-schedule @ spec.schedule: " .. case[2]) end
check("an empty schedule", cron "schedule: ''", "required @ spec.schedule")

for _, schedule in ipairs { "0 0 30 2 *", "0 0 31 4,6 *", "0 0 31 FEB ?", "', * * * *'" } do
  check("a schedule that never comes: " .. schedule, cron("schedule: " .. (schedule:find "'" and schedule or "'" .. schedule .. "'")),
    "cron-never @ spec.schedule")
end
for _, schedule in ipairs { "0 0 29 2 *", "0 0 31 4,5 *", "0 0 30 2 mon", "0 0 30 1-2 *", "0 0 30-31 2 *" } do
  check("a schedule that comes: " .. schedule, cron("schedule: '" .. schedule .. "'"))
end

for _, zone in ipairs { "Europe/Berlin", "Etc/UTC", "UTC", "America/Argentina/Buenos_Aires", "EST5EDT", "GMT+0" } do check("a time zone: "
  .. zone, cron("schedule: '@daily', timeZone: '" .. zone .. "'")) end
for _, zone in ipairs { "", "Local", "/etc/localtime", "../UTC", "+02:00", "UTC+2", "GMT+02", "Europe/New York" } do
  check("no time zone: " .. zone, cron("schedule: '@daily', timeZone: '" .. zone .. "'"), "cron-time-zone @ spec.timeZone")
end
check("a deadline", cron "schedule: '@daily', startingDeadlineSeconds: 10")
check("a deadline that is too short", cron "schedule: '@daily', startingDeadlineSeconds: 9", "cron-deadline @ spec.startingDeadlineSeconds")
check("a spec of another type", "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec: x\n", "type @ spec")
