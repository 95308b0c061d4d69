#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

bool diag_set(diag *d, const char *id, mark at, const char *format, ...) {
  *d = (diag){.id = id, .at = at};
  va_list args;
  va_start(args, format);
  vsnprintf(d->message, sizeof d->message, format, args);
  va_end(args);
  return false;
}

bool diag_memory(diag *d) { return diag_set(d, MEMORY_ID, (mark){0}, "not enough memory"); }
