-- Vault with integrated storage (raft): a snapshot by the vault program.
--
-- A restore takes the snapshot of this very cluster, or with force that of another one, whose unseal keys are then needed. The program
-- of the image may lock memory, which the kernel does not start without that right: it is copied first, which takes the right away.
local PROGRAM = [=[
cp "$(command -v vault)" "$HOME/vault"
chmod u+x "$HOME/vault"
]=]

return {
  name = "vault",
  summary = "Vault: a snapshot of integrated storage, by vault operator raft snapshot",
  tested = "rendered, shell parsed",
  versions = { "1.10" },
  image = "hashicorp/vault:%s",
  params = {
    { name = "address", env = "VAULT_ADDR", summary = "the URL of the active node, or of its service",
      default = "${APPBINDING_SCHEME:=https}://${APPBINDING_HOST:=${TARGET_NAME:=vault}}:${APPBINDING_PORT:=8200}" },
    { name = "tokenKey", env = "VAULT_TOKEN", key = true, default = "token", summary = "the key of the token in the Secret" },
    { name = "tlsSkipVerify", env = "VAULT_SKIP_VERIFY", default = "false", summary = "whether the server's certificate is not checked" },
    { name = "caKey", env = "VAULT_CACERT_BYTES", key = true, optional = true, default = "ca.crt",
      summary = "the key of the certificate in the Secret that signed the server's, if any" },
  },
  dump = {
    body = PROGRAM .. [=[
if [ -n "${VAULT_CACERT_BYTES:-}" ]; then
  printf '%s\n' "$VAULT_CACERT_BYTES" >"$HOME/ca.crt"
  export VAULT_CACERT="$HOME/ca.crt"
fi
"$HOME/vault" operator raft snapshot save "$dir/vault.snap" >&2
if [ ! -s "$dir/vault.snap" ]; then
  echo "error: the snapshot is empty" >&2
  exit 1
fi
]=],
  },
  load = {
    params = { { name = "force", env = "FORCE", default = "false", summary = "whether a snapshot of another cluster is taken" } },
    body = PROGRAM .. [=[
if [ -n "${VAULT_CACERT_BYTES:-}" ]; then
  printf '%s\n' "$VAULT_CACERT_BYTES" >"$HOME/ca.crt"
  export VAULT_CACERT="$HOME/ca.crt"
fi
set --
if [ "$FORCE" = true ]; then set -- -force; fi
"$HOME/vault" operator raft snapshot restore "$@" "$dir/vault.snap" >&2
]=],
  },
}
