/* libcurl, which is loaded when something needs it: what renders alone starts without it.
 *
 * Whoever needs it lists the functions that it calls, and has a pointer for each:
 *
 *   #define FUNCTIONS(X) X(easy_init) X(easy_cleanup)
 *   typedef struct library { FUNCTIONS(LIBCURL_POINTER) } library;
 *   static const libcurl_function functions[] = {FUNCTIONS(ENTRY)};        ENTRY(name): LIBCURL_ENTRY(library, name)
 *
 * The library stays: a thread of its own may still look a name up.
 */
#ifndef MOONSTEP_LIBCURL_H
#define MOONSTEP_LIBCURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

/* NOLINTNEXTLINE(bugprone-macro-parentheses): a field's name takes none */
#define LIBCURL_POINTER(name)     __typeof__(&curl_##name) name;
#define LIBCURL_ENTRY(type, name) {"curl_" #name, offsetof(type, name)},

typedef struct libcurl_function {
  const char *name;
  size_t offset; /* of its pointer */
} libcurl_function;

/* Finds the functions. Failure: `id`, also where the library is too old; `advice` stands behind the words where it is not there. */
bool libcurl_load(void *into, const libcurl_function *functions, size_t count, const char *id, const char *advice, diag *why);

#endif
