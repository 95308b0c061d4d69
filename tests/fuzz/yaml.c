/* The YAML loader: a file's bytes, as source_take gives them on. */
#include "base/source.h"
#include "data/yaml_in.h"
#include "harness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  buf text = {0};
  arena memory = {0};
  diag why = {0};
  node root;
  yaml_result result = YAML_ERROR;
  if (size <= MOST_BYTES && source_take(&text, (const char *)data, size, &why)) {
    const char *bytes = buf_text(&text);
    yaml_in *in = yaml_in_open(bytes, text.len, 1, &why);
    CHECK(in, "no memory");
    while ((result = yaml_in_next(in, &memory, &root, &why)) == YAML_DOCUMENT) check_tree(&root, bytes, text.len, false);
    if (result == YAML_ERROR) {
      CHECK(why.id && why.message[0], "an error without words");
      check_place(why.at, bytes, text.len, why.message);
      if (why.other.line) check_place(why.other, bytes, text.len, why.message);
    }
    CHECK(yaml_in_next(in, &memory, &root, &why) == YAML_END, "goes on after the end");
    yaml_in_close(in);
  }
  arena_free(&memory);
  buf_free(&text);
  return 0;
}
