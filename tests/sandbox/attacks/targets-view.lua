-- want: 0 kind: Job
-- run: render --task postgres-backup-11.2 --targets fleet -q --set REPOSITORY_BUCKET=b
targets "fleet" { summary = "s", each = function(emit) emit(json.decode '{"name": "x", "variables": {"REPOSITORY_SECRET_NAME": "k"}}') end }
