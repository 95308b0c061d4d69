/* host/address: what is public, and what lies in a range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/address.h"

static const struct {
  const char *text;
  bool is_public;
} addresses[] = {
    {"8.8.8.8", true},
    {"1.1.1.1", true},
    {"9.255.255.255", true},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.128.0.0", true},
    {"172.15.255.255", true},
    {"172.32.0.0", true},
    {"198.17.255.255", true},
    {"198.20.0.0", true},
    {"223.255.255.255", true},
    {"0.0.0.0", false},
    {"0.1.2.3", false},
    {"10.0.0.1", false},
    {"100.64.0.1", false},
    {"100.127.255.255", false},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"169.254.169.254", false},
    {"172.16.0.1", false},
    {"172.31.255.255", false},
    {"192.0.0.170", false},
    {"192.168.255.1", false},
    {"198.18.0.1", false},
    {"198.19.255.255", false},
    {"203.0.113.7", false},
    {"224.0.0.1", false},
    {"255.255.255.255", false},
    {"2606:4700::1111", true},
    {"2a00:1450::1", true},
    {"::", false},
    {"::1", false},
    {"::ffff:8.8.8.8", true},
    {"::ffff:10.0.0.1", false},
    {"::ffff:127.0.0.1", false},
    {"::10.0.0.1", false},
    {"64:ff9b::a00:1", false},
    {"fc00::1", false},
    {"fdff::1", false},
    {"fe80::1", false},
    {"fec0::1", false},
    {"ff02::1", false},
    {"2001::1", false},
    {"2001:db8::1", false},
    {"2002:a00:1::", false},
    {"3fff::1", false},
    {"4000::1", false},
};

static void test_public(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    address a;
    assert_true(address_read(&a, addresses[i].text));
    if (address_is_public(&a) != addresses[i].is_public) fail_msg("%s: public is %d", addresses[i].text, !addresses[i].is_public);
  }
}

static const struct {
  const char *range, *in, *out;
} ranges[] = {
    {"10.0.0.0/8", "10.255.1.2", "11.0.0.0"},
    {"10.0.0.0/9", "10.127.255.255", "10.128.0.0"},
    {"192.168.1.4/30", "192.168.1.7", "192.168.1.8"},
    {"192.168.1.4", "192.168.1.4", "192.168.1.5"},
    {"0.0.0.0/0", "1.2.3.4", "::1"},
    {"::/0", "::1", "1.2.3.4"},
    {"fd00::/8", "fdff::1", "fe00::1"},
    {"fd00::8000:0/97", "fd00::ffff:ffff", "fd00::1"},
    {"10.0.0.0/8", "::ffff:10.1.1.1", "::ffff:11.1.1.1"},
};

static void test_ranges(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    address_range range;
    address in, out;
    assert_true(address_range_read(&range, ranges[i].range));
    assert_true(address_read(&in, ranges[i].in));
    assert_true(address_read(&out, ranges[i].out));
    if (!address_in(&in, &range)) fail_msg("%s does not hold %s", ranges[i].range, ranges[i].in);
    if (address_in(&out, &range)) fail_msg("%s holds %s", ranges[i].range, ranges[i].out);
  }
}

static void test_no_ranges(void **state) {
  (void)state;
  static const char *const wrong[] = {"",
                                      "/8",
                                      "10.0.0.0/33",
                                      "10.0.0.0/",
                                      "10.0.0.0/-1",
                                      "10.0.0.0/8 ",
                                      "10.0.0/8",
                                      "0x7f.0.0.1",
                                      "::/129",
                                      "::ffff:10.0.0.0/100",
                                      "localhost",
                                      "10.0.0.0/8/8",
                                      "fe80::1%lo",
                                      "1111:2222:3333:4444:5555:6666:7777:8888:9999"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    address_range range;
    if (address_range_read(&range, wrong[i])) fail_msg("%s is taken for a range", wrong[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_public), cmocka_unit_test(test_ranges), cmocka_unit_test(test_no_ranges)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
