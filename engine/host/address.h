/* Network addresses: which of them are public, and which lie in a range.
 *
 * What a name means is decided where a connection is opened, so these look at addresses and never at names. An IPv4 address that is
 * written as an IPv6 one (::ffff:10.0.0.1) is the IPv4 address.
 */
#ifndef MOONSTEP_ADDRESS_H
#define MOONSTEP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

typedef struct address {
  unsigned char bytes[16]; /* of IPv4 the first four */
  bool v4;
} address;

typedef struct address_range {
  address first;
  unsigned bits; /* that all of its addresses have in common */
} address_range;

/* Of a socket. False for what is neither IPv4 nor IPv6. */
bool address_of(address *out, const struct sockaddr *from);

/* Of a text such as 10.0.0.1 or fd00::1. False when it is none. */
bool address_read(address *out, const char *text);

/* Of a text such as 10.0.0.0/8, or an address for itself alone. False when it is none. */
bool address_range_read(address_range *out, const char *text);

/* Writes it down; 46 bytes are enough. */
void address_text(const address *a, char *out, size_t room);

bool address_in(const address *a, const address_range *range);

/* Whether it is an address of the internet: not of this machine, a private network, a link, a group, or an example. */
bool address_is_public(const address *a);

#endif
