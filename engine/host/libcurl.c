#include "host/libcurl.h"

#include <dlfcn.h>
#include <string.h>

bool libcurl_load(void *into, const libcurl_function *functions, size_t count, const char *id, const char *advice, diag *why) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) return diag_set(why, id, (mark){0}, "libcurl is not there: %s%s", dlerror(), advice);
  for (size_t i = 0; i < count; i++) {
    void *found = dlsym(library, functions[i].name);
    if (!found) return diag_set(why, id, (mark){0}, "libcurl is too old: it has no %s", functions[i].name);
    memcpy((char *)into + functions[i].offset, &found, sizeof found);
  }
  return true;
}
