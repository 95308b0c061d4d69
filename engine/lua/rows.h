/* Rows in Lua (data/rows.h): how they are opened, and the tables that they become. */
#ifndef MOONSTEP_LUA_ROWS_H
#define MOONSTEP_LUA_ROWS_H

#include <lua.h>

#include "data/rows.h"
#include "data/seen.h"

/* Opens the input, "-" for standard input; ROWS_GUESS is what its name or first bytes say. False, and why, with fd -1 or one that is the caller's to close. */
bool rows_open_path(const char *path, rows_format format, int *fd, rows_reader **reader, row_parser **parser, diag *why);

/* The same with a descriptor, read from where it stands. */
bool rows_open_file(int fd, rows_format format, rows_reader **reader, row_parser **parser, diag *why);

/* Pushes the row as a table { name, namespace, task, variables, params, index, place }; `path` is the index of the file's name. */
void rows_push(lua_State *L, int path, const row *r);

/* Adds index and place of the row to the table at the top. */
void rows_set_place(lua_State *L, int path, const row *r);

/* What plans have filled in the reader at `index` (lib_fill.c) and nobody has taken; valid until its next piece. */
const char *rows_filled_text(lua_State *L, int index, size_t *len);

/* The names of what was made of the rows of the reader's piece at `index`, in the order of the rows; they are the reader's. */
const seen_name *rows_names(lua_State *L, int index, size_t *count);

/* What the name of a format stands for, at `index`; nil and "" are a guess. */
rows_format rows_check_format(lua_State *L, int index);

#endif
