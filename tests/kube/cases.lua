-- Cases of the module kube: { name, kubeconfig or nil, body of a script's function, want, [not_want,] [status,] [options,] [environment,]
-- [grants] }.
--
-- A kubeconfig is text, or { cluster, user [, more] }: what stands below `cluster:` and `user:` of the one context, which is called c. @tls@,
-- @mutual@ and @plain@ stand for the server's ports, @ca@ for its authority in Base64, @pem@ for the client's certificate and key in
-- Base64, @folder@ for the folder of the kubeconfig, in which there are ca.pem, client.pem, stranger.pem and, executable, what `files` holds.
-- `want` is a text, or a list of texts, that are printed; `not_want` is one that is not. A case without status must end with 0.
local TLS = 'server: "https://localhost:@tls@/kube", certificate-authority-data: @ca@'
local GOOD = { TLS, "token: good-token" }

local REGION = 'log.info("from " .. kube.get { apiVersion = "sites.example/v1alpha1", kind = "Region", name = "eu:1" }.spec.city) '
local AUTH = 'local auth = kube.get { apiVersion = "v1", kind = "Secret", namespace = "shop", name = "auth" } '

-- A user with a command; `more` are further fields.
local function exec(command, more)
  return { TLS, ("exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: %s%s}"):format(command, more or "") }
end

-- A command that prints an ExecCredential with such a status.
local function prints(status, version)
  return ([[#!/bin/sh
echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/%s", "status": %s}'
]]):format(version or "v1", status)
end

local files = {
  ["good.sh"] = prints '{"token": "good-token"}',
  ["beta.sh"] = prints('{"token": "good-token", "expirationTimestamp": "2999-01-01T00:00:00.123+02:00"}', "v1beta1"),
  ["variables.sh"] = prints [[{"token": "'"$TOKEN-$1$KEPT"'"}]],
  ["expired.sh"] = prints '{"token": "hush-hush", "expirationTimestamp": "2001-01-01T00:00:00Z"}',
  ["no-time.sh"] = prints '{"token": "hush-hush", "expirationTimestamp": "tomorrow"}',
  ["no-status.sh"] = prints "null",
  ["nothing.sh"] = prints "{}",
  ["half.sh"] = prints '{"clientCertificateData": "hush-hush"}',
  ["odd-token.sh"] = prints '{"token": "hush\\nhush"}',
  ["no-string.sh"] = prints '{"token": ["hush-hush"]}',
  ["rubbish.sh"] = "#!/bin/sh\necho hush-hush\n",
  ["truncated.sh"] = "#!/bin/sh\necho '{\"kind\": \"ExecCredential\", \"token\": \"hush-hush'\n",
  ["config.sh"] = "#!/bin/sh\necho '{\"kind\": \"Config\"}'\n",
  ["much.sh"] = "#!/bin/sh\nhead -c 2000000 /dev/zero\n",
  ["fails.sh"] = "#!/bin/sh\necho log in first, not with $SOME_TOKEN or eyJhbGciOi.eyJzdWIi.c2ln >&2\nexit 3\n",
  ["warns.sh"] = "#!/bin/sh\necho careful: good-token is old >&2\n" .. prints('{"token": "good-token"}'):match "\n(.*)",
  ["slow.sh"] = "#!/bin/sh\nsleep 1.2\n" .. prints('{"token": "good-token"}'):match "\n(.*)",
  ["hangs.sh"] = "#!/bin/sh\nsleep 60\n",
  ["reads.sh"] = "#!/bin/sh\nread line && exit 9\n" .. prints('{"token": "good-token"}'):match "\n(.*)",
  ["info.sh"] = "#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO\" | sed 's/[A-Za-z0-9+=]\\{50,\\}/LONG/' >&2\n"
    .. prints('{"token": "good-token"}'):match "\n(.*)",
  ["counts-1.sh"] = "#!/bin/sh\necho x >>$COUNT\n" .. prints([[{"token": "'"$TOKEN-$(wc -l <$COUNT)"'"}]]):match "\n(.*)",
  ["counted-failure.sh"] = "#!/bin/sh\necho x >>$COUNT\nsleep 0.2\nexit 4\n",
  ["certificate.sh"] = "#!/bin/sh\ncd \"$FOLDER\"\npem=$(sed 's/$/\\\\n/' client.pem | tr -d '\\n')\n"
    .. "printf '%s' '" .. '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": '
    .. [[{"clientCertificateData": "'"$pem"'", "clientKeyData": "'"$pem"'"}}']] .. "\n",
  token = "good-token\n",
  ["no-token"] = "\n",
  ["other.yaml"] = [[
clusters: [{name: second, cluster: {server: "https://localhost:@tls@/kube", certificate-authority: ca.pem}}, {name: first, cluster: {server: "https://localhost:1"}}]
users: [{name: u, user: {token: good-token}}]
contexts: [{name: c, context: {cluster: second, user: u}}]
]],
}

local cases = {
  -- what the kubeconfig says
  { "token", GOOD, REGION, want = "from Turin" },
  { "authority in a file", { 'server: "https://localhost:@tls@/kube/", certificate-authority: ca.pem', "token: good-token" }, REGION, want = "from Turin" },
  { "token file", { TLS, "tokenFile: token, token: other" }, REGION, want = "from Turin" },
  { "token file that is not there, and a token", { TLS, "tokenFile: nowhere, token: good-token" }, REGION, want = "from Turin" },
  { "name and password", { TLS, "username: alice, password: hush-hush" }, REGION, want = "from Turin" },
  { "certificate as data", { 'server: "https://localhost:@mutual@/kube", certificate-authority-data: @ca@', "client-certificate-data: @pem@, client-key-data: @pem@" }, REGION, want = "from Turin" },
  { "certificate in files", { 'server: "https://localhost:@mutual@/kube", certificate-authority: "@folder@/ca.pem"', "client-certificate: client.pem, client-key: ./client.pem" }, REGION, want = "from Turin" },
  { "without TLS on this machine", { 'server: "http://127.0.0.1:@plain@/kube"', "token: good-token" }, REGION, want = "from Turin" },
  { "a proxy", { 'server: "http://127.0.0.1:1/kube", proxy-url: "http://localhost:@plain@"', "token: good-token" }, REGION, want = "from Turin" },
  { "another name in the certificate", { TLS:gsub("localhost", "127.0.0.1", 1) .. ", tls-server-name: localhost", "token: good-token" }, REGION, want = "from Turin" },
  { "a name that is not in the certificate", { TLS .. ", tls-server-name: api.example", "token: good-token" }, REGION, status = 2,
    want = { "no TLS connection that can be trusted", "api.example", "must be signed by the kubeconfig's certificate-authority" } },
  { "on behalf of another", { TLS, "token: good-token, as: bob" }, AUTH, status = 2, want = "403 Forbidden: this cannot be got by bob" },
  { "merged from two files", { 'server: "https://localhost:@tls@/kube", certificate-authority-data: @ca@', "token: good-token" }, REGION,
    environment = "KUBECONFIG=@folder@/nowhere:@config@:@folder@/other.yaml", want = "from Turin" },
  { "the second file has the context", nil, REGION, environment = "KUBECONFIG=@folder@/nowhere:@folder@/other.yaml", want = "from Turin" },
  { "in the home folder", nil, REGION, environment = "HOME=@folder@/home", want = "from Turin" },
  { "--kubeconfig", nil, REGION, environment = "KUBECONFIG=/nowhere", options = "--kubeconfig @folder@/other.yaml", want = "from Turin" },
  { "JSON", '{"clusters": [{"name": "k", "cluster": {"server": "https://localhost:@tls@/kube", "certificate-authority-data": "@ca@"}}], "users": '
    .. '[{"name": "u", "user": {"token": "good-token"}}], "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]}', REGION, want = "from Turin" },

  -- what it says wrongly
  { "no file", nil, REGION, status = 2, want = { "error[kube]: cannot read @folder@/nowhere.yaml: No such file" }, options = "--kubeconfig @folder@/nowhere.yaml" },
  { "no file at all", nil, REGION, status = 2, environment = "KUBECONFIG=/nowhere", want = "there is no context c: no kubeconfig with contexts was found (looked for /nowhere)" },
  { "no YAML", "a: [", REGION, status = 2, want = { ".config:2:1: error[kube]: this is no kubeconfig", "in template x" } },
  { "no map", "- a", REGION, status = 2, want = "this is no kubeconfig: it must be a map" },
  { "contexts are no list", "contexts: {c: {}}", REGION, status = 2, want = ".config:1:11: error[kube]: kubeconfig.contexts must be a list" },
  { "an unknown context", { TLS, "token: good-token" }, REGION:gsub("{", '{ context = "prodd",', 1), grants = { "kube=prodd" }, status = 2, more = { "prod" },
    want = { "there is no context prodd in ", "; there is c, prod", "did you mean prod?" } },
  { "an unknown cluster", "contexts: [{name: c, context: {cluster: kk}}]\nclusters: [{name: k, cluster: {}}]", REGION, status = 2,
    want = ".config:1:41: error[kube]: context c names the cluster kk, and clusters has none of that name; did you mean k?" },
  { "an unknown user", "contexts: [{name: c, context: {cluster: k, user: me}}]\nclusters: [{name: k, cluster: {server: 'https://x'}}]", REGION, status = 2,
    want = "context c names the user me, and users has none" },
  { "no server", { "certificate-authority-data: @ca@", "token: good-token" }, REGION, status = 2, want = "cluster k has no server" },
  { "no URL", { "server: localhost", "token: good-token" }, REGION, status = 2, want = "cluster k.server must be a URL such as https://10.0.0.1:6443" },
  { "without TLS elsewhere", { 'server: "http://127.0.0.1.example:@plain@"', "token: good-token" }, REGION, status = 2, want = "is asked without TLS; that is done on this machine only" },
  { "not verified", { TLS .. ", insecure-skip-tls-verify: true", "token: good-token" }, REGION, status = 2, want = { ".config:1:", "is not to be verified, and such a server is not asked" } },
  { "verified after all", { TLS .. ", insecure-skip-tls-verify: false", "token: good-token" }, REGION, want = "from Turin" },
  { "no Base64", { 'server: "https://localhost:@tls@", certificate-authority-data: "hush!"', "token: good-token" }, REGION, status = 2, want = "certificate-authority-data must be PEM in Base64", not_want = "hush!" },
  { "no authority", { 'server: "https://localhost:@tls@", certificate-authority: nowhere.pem', "token: good-token" }, REGION, status = 2, want = "cluster k.certificate-authority: cannot read" },
  { "no PEM", { 'server: "https://localhost:@tls@", certificate-authority: token', "token: good-token" }, REGION, status = 2, want = "/token is no PEM" },
  { "a certificate without a key", { TLS, "client-certificate-data: @pem@" }, REGION, status = 2, want = "user u needs both client-certificate and client-key" },
  { "a token that is a number", { TLS, "token: 123456" }, REGION, status = 2, want = "user u.token must be a string; write it in quotes", not_want = "123456" },
  { "a provider of old", { TLS, "auth-provider: {name: gcp}" }, REGION, status = 2, want = "user u.auth-provider is not supported" },
  { "groups", { TLS, "token: good-token, as-groups: [admins]" }, REGION, status = 2, want = "user u.as-groups is not supported" },
  { "a proxy of another kind", { TLS .. ', proxy-url: "socks5://localhost:1"', "token: good-token" }, REGION, status = 2, want = "proxy-url must be a URL such as http://proxy.corp:3128" },
  { "an empty token file", { TLS, "tokenFile: no-token" }, REGION, status = 2, want = { "the token file ", "/no-token of user u of ", "holds no token" } },
  { "no token file", { TLS, "tokenFile: nowhere" }, REGION, status = 2, want = { "the token file ", "cannot be read: " } },
  { "no Pod", nil, REGION, grants = { "kube=in-cluster" }, status = 2, want = "there is no context in-cluster: this is no Pod" },

  -- commands
  { "command", exec "./good.sh", REGION, want = "from Turin", not_want = "says" },
  { "command of PATH", exec "good.sh", REGION, environment = "PATH=@folder@:$PATH", want = "from Turin" },
  { "command of v1beta1", { TLS, "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./beta.sh}" }, REGION, want = "from Turin" },
  { "arguments and variables", exec("./variables.sh", ", args: [to, x], env: [{name: TOKEN, value: good}]"), REGION, environment = "KEPT=ken TOKEN=bad", want = "from Turin" },
  { "a certificate of a command", { 'server: "https://localhost:@mutual@/kube", certificate-authority: ca.pem',
    'exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: ./certificate.sh, env: [{name: FOLDER, value: "@folder@"}]}' }, REGION, want = "from Turin" },
  { "a token beside a command", { TLS, "token: good-token, exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./fails.sh}" }, REGION, want = "from Turin" },
  { "no input for a command", exec "./reads.sh", REGION, want = "from Turin" },
  { "what a command is told", exec("./info.sh", ", provideClusterInfo: true"), REGION, want = { 'says: {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"cluster":{'
    .. '"certificate-authority-data":"LONG","server":"https://localhost:@tls@/kube"},"interactive":false}}', "from Turin" } },
  { "what a command is not told", exec "./info.sh", REGION, want = 'says: {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}' },
  { "what is said beside credentials", exec "./warns.sh", REGION, want = { "info[kube]: the command ", "says: careful: *** is old", "from Turin" }, not_want = "good-token" },
  { "run once", exec("./counts-1.sh", ', env: [{name: COUNT, value: "@folder@/once"}, {name: TOKEN, value: twice-only}]'), REGION .. AUTH, status = 0, want = "from Turin" },
  { "run again after 401", exec("./counts-1.sh", ', env: [{name: COUNT, value: "@folder@/again"}, {name: TOKEN, value: twice-only}]'),
    REGION .. AUTH .. 'log.info("and " .. auth.metadata.name)', want = "and auth" },
  { "refused after it was run again", exec("./counts-1.sh", ', env: [{name: COUNT, value: "@folder@/never"}, {name: TOKEN, value: never-again}]'), REGION, status = 2,
    want = { "the cluster does not know who asks (401 Unauthorized); it was asked as user u of ", "log in anew with what the command @folder@/counts-1.sh belongs to" }, not_want = "never-again" },
  { "a slow command", exec "./slow.sh", REGION, want = "from Turin" },
  { "a command that hangs", exec "./hangs.sh", REGION, status = 2, options = "--config @folder@/wall.yaml",
    want = { "error[time-limit]: it took more than 1.0 s of wall clock, waiting for the command ", "hangs.sh of user u.exec" } },
  { "no command there", exec("./nowhere.sh", ", installHint: apt-get install nowhere"), REGION, status = 2,
    want = { "the command @folder@/nowhere.sh of user u.exec cannot be run: No such file or directory", "apt-get install nowhere" } },
  { "a command that fails", exec("./fails.sh", ", env: [{name: SOME_TOKEN, value: hush-hush}]"), REGION, status = 2, want = "ended with status 3: log in first, not with *** or ***", not_want = "hush-hush" },
  { "a command that prints rubbish", exec "./rubbish.sh", REGION, status = 2, want = "printed no JSON object", not_want = "hush" },
  { "a command that prints half", exec "./truncated.sh", REGION, status = 2, want = "printed no JSON object", not_want = "hush" },
  { "a command that prints something else", exec "./config.sh", REGION, status = 2, want = "printed no ExecCredential" },
  { "a command of another version", exec "./beta.sh", REGION, status = 2, want = "printed an ExecCredential of another version than client.authentication.k8s.io/v1" },
  { "a command that prints much", exec "./much.sh", REGION, status = 2, want = "printed more than 1 MiB" },
  { "credentials that have expired", exec "./expired.sh", REGION, status = 2, want = "printed credentials that expired at 2001-01-01T00:00:00Z", not_want = "hush" },
  { "credentials of no time", exec "./no-time.sh", REGION, status = 2, want = "printed an expirationTimestamp that is no time", not_want = "hush" },
  { "no status", exec "./no-status.sh", REGION, status = 2, want = "printed an ExecCredential without a status" },
  { "no credentials", exec "./nothing.sh", REGION, status = 2, want = "printed neither a token nor a client certificate" },
  { "half of a certificate", exec "./half.sh", REGION, status = 2, want = "printed only one of clientCertificateData and clientKeyData", not_want = "hush" },
  { "a token with a line end", exec "./odd-token.sh", REGION, status = 2, want = "printed a token that is none", not_want = "hush" },
  { "a token that is no string", exec "./no-string.sh", REGION, status = 2, want = "printed a token that is no string", not_want = "hush" },
  { "a command that must ask", { TLS, "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always, command: ./good.sh}" }, REGION, status = 2, want = "must be able to ask somebody (interactiveMode: Always)" },
  { "no mode", { TLS, "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./good.sh}" }, REGION, status = 2, want = "user u.exec.interactiveMode must be said" },
  { "an unknown mode", exec("x, interactiveMode: Sometimes"), REGION, status = 2, want = "error" },
  { "an old version", { TLS, "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: ./good.sh}" }, REGION, status = 2, want = "user u.exec.apiVersion must be client.authentication.k8s.io/v1 or " },
  { "no name of a command", { TLS, "exec: {apiVersion: client.authentication.k8s.io/v1beta1}" }, REGION, status = 2, want = "user u.exec names no command" },
  { "arguments that are numbers", exec("./good.sh", ", args: [1]"), REGION, status = 2, want = "user u.exec.args must be strings" },
  { "variables without names", exec("./good.sh", ", env: [{value: x}]"), REGION, status = 2, want = "user u.exec.env must be a list of name and value" },
  { "nobody asks", exec "./hangs.sh", 'log.info "idle"', want = "idle" },

  -- what the server says
  { "a stranger's certificate", { 'server: "https://localhost:@tls@/kube", certificate-authority: stranger.pem', "token: good-token" }, REGION, status = 2,
    want = { "context c: GET https://localhost:@tls@/kube/apis/sites.example/v1alpha1: no TLS connection that can be trusted", "certificate-authority" } },
  { "nobody listens", { 'server: "https://localhost:1/kube"', "token: good-token" }, REGION, status = 2, want = "context c: GET https://localhost:1/kube/apis/sites.example/v1alpha1: no connection" },
  { "a wrong token", { TLS, "token: wrong-token" }, REGION, status = 2, want = { "the cluster does not know who asks (401 Unauthorized); it was asked as user u of ", "the token may have expired" }, not_want = "wrong-token" },
  { "a wrong password", { TLS, "username: alice, password: hush-wrong" }, REGION, status = 2, want = { "401", "take no passwords" }, not_want = { "hush-wrong" } },
  { "nobody", { TLS, "{}" }, REGION, status = 2, want = "it has no credentials: no token, no client certificate, no command" },
  { "no rights", { TLS, "token: no-rights" }, AUTH, status = 2, want = { "/api/v1/namespaces/shop/secrets/auth: 403 Forbidden: this cannot be got by ***", "kubectl auth can-i" } },
  { "no object", GOOD, 'log.info("none: " .. tostring(kube.get { apiVersion = "v1", kind = "Secret", namespace = "shop", name = "nowhere" }))', want = "none: nil" },
  { "404 of something else", GOOD, 'kube.get { apiVersion = "v1", kind = "Secret", namespace = "strange", name = "x" }', status = 2, want = "it answered 404 Not Found: nothing here, which is not what an API server says" },
  { "500", GOOD, 'kube.get { apiVersion = "v1", kind = "Secret", namespace = "broken", name = "x" }', status = 2, want = "/api/v1/namespaces/broken/secrets/x: 500: etcd is away" },
  { "no JSON object", GOOD, 'kube.get { apiVersion = "v1", kind = "Secret", namespace = "list", name = "x" }', status = 2, want = "the answer is no JSON object" },
  { "no API", GOOD, 'kube.get { apiVersion = "sites.example/v2", kind = "Region", name = "x" }', status = 2, want = "the cluster has no API sites.example/v2, so no kind Region; is its CustomResourceDefinition installed?" },
  { "no kind", GOOD, 'kube.get { apiVersion = "v1", kind = "Secrets", namespace = "shop", name = "x" }', status = 2, want = "there is no kind Secrets in v1; did you mean Secret?" },

  -- what scripts ask
  { "a plural that nobody would guess", GOOD, 'log.info(kube.get { apiVersion = "sites.example/v1alpha1", kind = "Database", namespace = "shop", name = "orders" }.spec.host)', want = "orders-db" },
  { "a Secret", GOOD, AUTH .. 'log.info(type(auth.data.password) .. " of " .. #k8s.keys(auth.data) .. type(auth.binaryData.bytes) .. " by " .. auth.metadata.annotations.owner) '
    .. 'for key in pairs(auth.metadata.annotations) do log.info("annotation " .. key) end', want = { "secret of 4secret by storage", "annotation owner" }, not_want = "last-applied" },
  { "a Secret is not shown", GOOD, AUTH .. 'log.info("it is " .. tostring(auth.data.password)) log.info("gnat-ocelot Z25hdC1vY2Vsb3Q=")', want = { "it is secret", "*** ***" } },
  { "some keys", GOOD, 'local auth = kube.get { apiVersion = "v1", kind = "Secret", namespace = "shop", name = "auth", keys = { "password" }, plain = { "username" } } '
    .. 'log.info(auth.data.username .. #k8s.keys(auth.data)) log.info("shop is no secret")', want = { "alice5", "shop is no secret" } },
  { "Secrets in a list", GOOD, 'local all = kube.list { apiVersion = "v1", kind = "Secret", namespace = "shop", plain = { "key" } } log.info(#all .. all[1].kind .. type(all[1].data.password) .. all[2].data.key)',
    want = "2Secretsecretsecond-hush" },
  { "a list of pages", GOOD, 'local names = {} for _, pod in ipairs(kube.list { apiVersion = "v1", kind = "Pod" }) do names[#names + 1] = pod.kind .. pod.metadata.name end log.info(table.concat(names, " "))',
    want = "Poda Podb Podc" },
  { "a selection", GOOD, 'log.info(kube.list { apiVersion = "v1", kind = "Pod", namespace = "shop", labels = { tier = "db", app = "orders" } }[1].metadata.name)', want = "selected" },
  { "an empty list", GOOD, 'log.info("there are " .. #kube.list { apiVersion = "v1", kind = "Pod", namespace = "empty" })', want = "there are 0" },
  { "objects are read-only", GOOD, AUTH .. "auth.data.password = 1", status = 2, want = "read-only" },
  { "no namespace", GOOD, 'kube.get { apiVersion = "v1", kind = "Pod", name = "x" }', status = 2, want = "a Pod is in a namespace; namespace = … says in which" },
  { "a namespace too many", GOOD, 'kube.get { apiVersion = "sites.example/v1alpha1", kind = "Region", namespace = "shop", name = "x" }', status = 2, want = "a Region is in no namespace" },
  { "another path", GOOD, 'kube.get { apiVersion = "v1", kind = "Secret", namespace = "shop", name = "../../nodes" }', status = 2, want = "../../nodes is no name of an object" },
  { "another namespace", GOOD, 'kube.get { apiVersion = "v1", kind = "Secret", namespace = "..", name = "x" }', status = 2, want = ".. is no namespace" },
  { "another API", GOOD, 'kube.get { apiVersion = "v1/namespaces/x", kind = "Secret", namespace = "s", name = "x" }', status = 2, want = "apiVersion must be such as v1 or apps/v1" },
  { "an unknown field", GOOD, 'kube.get { apiversion = "v1" }', status = 2, want = "kube: get takes no apiversion; did you mean apiVersion?" },
  { "no kind said", GOOD, 'kube.get { apiVersion = "v1" }', status = 2, want = "kube: kind must be a string" },
  { "a secret as a name", GOOD, 'kube.get { apiVersion = "v1", kind = "Secret", namespace = "shop", name = secret "hush-hush" }', status = 2, want = "name must be a string, not a secret" },
  { "nothing to write with", GOOD, 'log.info(table.concat(k8s.keys(kube), " "))', want = "[log]: get list" },

  -- grants
  { "not granted", GOOD, REGION, grants = {}, status = 2, want = "no context is named" },
  { "another one granted", GOOD, (REGION:gsub("{", '{ context = "c",', 1)), grants = { "kube=d" }, status = 2, want = "context c is not granted; add it to grants: kube: in moonstep.yaml, or --grant kube=c" },
  { "two granted", GOOD, REGION, grants = { "kube=c", "kube=d" }, status = 2, want = "no context is named" },
  { "the one that is meant", GOOD, (REGION:gsub("{", '{ context = "c",', 1)), grants = { "kube=c", "kube=d" }, want = "from Turin" },
  { "its server is not granted to http", GOOD, 'http.get("https://localhost:@tls@/kube/api/v1")', status = 2, want = "localhost:@tls@ is not granted" },
}

return { cases = cases, files = files }
