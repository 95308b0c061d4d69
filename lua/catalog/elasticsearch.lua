-- Elasticsearch: settings, mapping, aliases and documents of each index, by elasticdump, which speaks to all versions. Indices whose names
-- begin with a dot are the server's own and are left out; so are data streams, which consist of such.
--
-- A restore makes the indices that are not there, and writes documents under their ids over those that are there. An index that is there
-- keeps its settings, its mapping and its other documents.
local CONNECTION = [=[
node -e 'const line = (k, v) => v ? k + "=" + JSON.stringify(v) + "\n" : "";
  process.stdout.write(line("user", process.env.DB_USER) + line("password", process.env.DB_PASSWORD))' >"$HOME/login.ini"
chmod go-rwx "$HOME/login.ini"
if [ "$TLS_SKIP_VERIFY" = true ]; then export NODE_TLS_REJECT_UNAUTHORIZED=0; fi
# dump TYPE INPUT OUTPUT
dump() {
  set -- --type="$1" --input="$2" --output="$3"
  if [ -s "$HOME/login.ini" ]; then set -- "$@" --httpAuthFile="$HOME/login.ini"; fi
  for word in $DUMP_ARGS; do set -- "$@" "$word"; done
  elasticdump --quiet "$@" </dev/null >&2
}
list_indices() {
  node -e '
    const url = new URL("/_cat/indices?h=index&format=json", process.env.DB_URL);
    const auth = process.env.DB_USER ? process.env.DB_USER + ":" + process.env.DB_PASSWORD : undefined;
    const fail = (why) => { console.error("cannot list the indices: " + why); process.exit(1); };
    require(url.protocol === "https:" ? "https" : "http").get(url, { auth }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => { text += chunk; });
      answer.on("end", () => {
        if (answer.statusCode !== 200) return fail("the server answers with " + answer.statusCode);
        for (const { index } of JSON.parse(text)) if (!index.startsWith(".")) console.log(index);
      });
    }).on("error", (error) => fail(error.message));'
}
]=]

return {
  name = "elasticsearch",
  summary = "Elasticsearch: settings, mappings, aliases and documents of all indices, by elasticdump",
  tested = "rendered, shell parsed; shell text run with elasticdump 6.110 and a stand-in for the server",
  versions = { "5.6", "6.8", "7.17", "8.2" },
  image = "elasticdump/elasticsearch-dump:v6.110.0",
  params = {
    { name = "url", env = "DB_URL", summary = "the server",
      default = "${APPBINDING_SCHEME:=http}://${APPBINDING_HOST:=${TARGET_NAME:=elasticsearch}}:${APPBINDING_PORT:=9200}" },
    { name = "userKey", env = "DB_USER", key = true, optional = true, default = "username",
      summary = "the key of the user's name in the Secret; without it or the Secret, nobody logs in" },
    { name = "passwordKey", env = "DB_PASSWORD", key = true, optional = true, default = "password",
      summary = "the key of the password in the Secret" },
    { name = "tlsSkipVerify", env = "TLS_SKIP_VERIFY", default = "false", summary = "whether the server's certificate is not checked" },
    { name = "elasticdumpArgs", env = "DUMP_ARGS", default = "", summary = "more arguments of elasticdump, such as --limit=1000" },
  },
  dump = {
    params = { { name = "indices", env = "INDICES", default = "", summary = "indices with blanks between (default: all)" } },
    body = CONNECTION .. [=[
if [ -z "$INDICES" ]; then
  list_indices >"$HOME/indices"
  INDICES=$(cat "$HOME/indices")
fi
for index in $INDICES; do
  printf '%s\n' "$index" >>"$dir/indices"
  dump index "$DB_URL/$index" "$dir/$index.index.json"
  dump data "$DB_URL/$index" "$dir/$index.data.json"
done
]=],
  },
  load = {
    body = CONNECTION .. [=[
list_indices >"$HOME/there"
while IFS= read -r index; do
  if ! grep -q -x -F -e "$index" "$HOME/there"; then dump index "$dir/$index.index.json" "$DB_URL/$index"; fi
  dump data "$dir/$index.data.json" "$DB_URL/$index"
done <"$dir/indices"
]=],
  },
}
