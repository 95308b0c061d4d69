template "secret" {
  summary = "the Job's password in a Secret",
  render = function(ctx)
    return { apiVersion = "v1", kind = "Secret", metadata = { name = "dump" },
      stringData = { url = ("pg://db:%s@host"):format(ctx:variable "DB_PASSWORD"), password = ctx:variable "DB_PASSWORD" } }
  end,
}
