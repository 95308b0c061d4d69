#include "host/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* IPv4 that is no public address, after the registries of IANA for special purposes. */
static const char *const not_public_v4[] = {
    "0.0.0.0/8",                                        /* this network */
    "10.0.0.0/8",                                       /* private */
    "100.64.0.0/10",                                    /* shared, behind a carrier's translation */
    "127.0.0.0/8",                                      /* loopback */
    "169.254.0.0/16",                                   /* link-local, where clouds keep their metadata */
    "172.16.0.0/12",                                    /* private */
    "192.0.0.0/24",                                     /* protocols */
    "192.0.2.0/24",                                     /* documentation */
    "192.88.99.0/24",                                   /* relays to IPv6 */
    "192.168.0.0/16",                                   /* private */
    "198.18.0.0/15",                                    /* benchmarks */
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", /* documentation, multicast */
    "240.0.0.0/4",                                      /* reserved, broadcast */
};

/* Of IPv6 only this is public, without what follows. */
static const char public_v6[] = "2000::/3";
static const char *const not_public_v6[] = {
    "2001::/23",     /* protocols: Teredo and others that carry an IPv4 address */
    "2001:db8::/32", /* documentation */
    "2002::/16",     /* 6to4, which carries an IPv4 address */
    "3fff::/20",     /* documentation */
};

static void unmap(address *a) {
  static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
  if (a->v4 || memcmp(a->bytes, mapped, sizeof mapped) != 0) return;
  memmove(a->bytes, a->bytes + sizeof mapped, 4);
  a->v4 = true;
}

bool address_of(address *out, const struct sockaddr *from) {
  *out = (address){.v4 = from->sa_family == AF_INET};
  if (out->v4) memcpy(out->bytes, &((const struct sockaddr_in *)from)->sin_addr, 4);
  else if (from->sa_family == AF_INET6) memcpy(out->bytes, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
  else return false;
  unmap(out);
  return true;
}

bool address_read(address *out, const char *text) {
  *out = (address){.v4 = true};
  if (inet_pton(AF_INET, text, out->bytes) == 1) return true;
  out->v4 = false;
  if (inet_pton(AF_INET6, text, out->bytes) != 1) return false;
  unmap(out);
  return true;
}

bool address_range_read(address_range *out, const char *text) {
  char base[INET6_ADDRSTRLEN];
  size_t len = strcspn(text, "/");
  if (len >= sizeof base) return false;
  memcpy(base, text, len);
  base[len] = '\0';
  if (!address_read(&out->first, base)) return false;
  unsigned most = out->first.v4 ? 32 : 128;
  out->bits = most;
  if (!text[len]) return true;
  const char *digits = text + len + 1;
  size_t count = strspn(digits, "0123456789");
  if (!count || count > 3 || digits[count] || (out->first.v4 && strchr(base, ':'))) return false;
  out->bits = (unsigned)strtoul(digits, NULL, 10);
  return out->bits <= most;
}

void address_text(const address *a, char *out, size_t room) {
  if (!inet_ntop(a->v4 ? AF_INET : AF_INET6, a->bytes, out, (socklen_t)room)) *out = '\0';
}

bool address_in(const address *a, const address_range *range) {
  if (a->v4 != range->first.v4) return false;
  unsigned whole = range->bits / 8, rest = range->bits % 8;
  if (memcmp(a->bytes, range->first.bytes, whole) != 0) return false;
  return !rest || !((a->bytes[whole] ^ range->first.bytes[whole]) >> (8 - rest));
}

static bool in_text(const address *a, const char *range) {
  address_range r;
  return address_range_read(&r, range) && address_in(a, &r);
}

bool address_is_public(const address *a) {
  if (!a->v4 && !in_text(a, public_v6)) return false;
  const char *const *ranges = a->v4 ? not_public_v4 : not_public_v6;
  size_t count = a->v4 ? sizeof not_public_v4 / sizeof *not_public_v4 : sizeof not_public_v6 / sizeof *not_public_v6;
  for (size_t i = 0; i < count; i++)
    if (in_text(a, ranges[i])) return false;
  return true;
}
