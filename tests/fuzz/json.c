/* The JSON loader. */
#include "base/source.h"
#include "data/json_in.h"
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  buf text = {0};
  arena memory = {0};
  diag why = {0};
  node root;
  if (size <= MOST_BYTES && source_take(&text, (const char *)data, size, &why)) {
    const char *bytes = buf_text(&text);
    json_in in = json_in_open(bytes, text.len);
    json_result result;
    json_in_guess(bytes, text.len);
    for (size_t last = 0; (result = json_in_next(&in, &memory, &root, &why)) == JSON_VALUE; last = in.at) {
      CHECK(in.at > last && in.at <= text.len, "stands at %zu after %zu", in.at, last);
      check_tree(&root, bytes, text.len, true);
    }
    if (result == JSON_ERROR) {
      CHECK(why.id && why.message[0], "an error without words");
      check_place(why.at, bytes, text.len, why.message);
    }
  }
  arena_free(&memory);
  buf_free(&text);
  return 0;
}
