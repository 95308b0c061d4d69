#include "host/prompt.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/utf8.h"
#include "host/files.h"

/* Keys beyond characters, and what reading can end with. */
enum { KEY_UP = UTF8_LAST + 1, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE, KEY_BACK, KEY_NONE, KEY_INTERRUPT, KEY_EOF };

enum { CTRL_C = 3, CTRL_D = 4, CTRL_K = 11, CTRL_L = 12, CTRL_U = 21, CTRL_W = 23 };

enum { ESCAPE_WAIT = 50 /* milliseconds in which the rest of a key's sequence comes */ };

/* --- signals and the terminal's state ---------------------------------------------------------------------------------- */

static watch *at_terminal; /* signals have no userdata */
static void (*on_interrupt)(void);
static volatile sig_atomic_t interrupts;

/* When our parent was killed, the shell has the terminal already; it is restored all the same. */
void prompt_restore(const watch *w) {
  if (!w || !atomic_load(&w->raw)) return;
  signal(SIGTTOU, SIG_IGN);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &w->terminal);
}

static void interrupt(int sig) {
  (void)sig;
  int error = errno;
  interrupts = 1;
  if (on_interrupt) on_interrupt();
  errno = error;
}

static void end(int sig) {
  prompt_restore(at_terminal);
  _exit(128 + sig);
}

static void handle(int sig, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler}; /* reading is to return at an interrupt */
  sigemptyset(&action.sa_mask);
  sigaction(sig, &action, NULL);
}

bool prompt_interrupted(void) {
  bool was = interrupts;
  interrupts = 0;
  return was;
}

void prompt_open(prompt *p, watch *w, void (*interrupted)(void)) {
  const char *term = getenv("TERM");
  *p = (prompt){.watch = w, .terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
  p->edits = p->terminal && term && *term && strcmp(term, "dumb") != 0;
  if (!p->terminal) return;
  at_terminal = w;
  on_interrupt = interrupted;
  handle(SIGINT, interrupt);
  handle(SIGTERM, end);
  handle(SIGHUP, end);
  atomic_store(&w->prompt, true);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
}

void prompt_close(prompt *p) {
  for (size_t i = 0; p->history && i <= p->count; i++) buf_free(&p->history[i]);
  free(p->history);
  buf_free(&p->line);
  buf_free(&p->input);
  *p = (prompt){0};
}

static bool make_raw(prompt *p) {
  struct termios raw;
  if (tcgetattr(STDIN_FILENO, &raw)) return false;
  p->watch->terminal = raw;
  atomic_store(&p->watch->raw, true);
  raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
  raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

static void make_cooked(prompt *p) {
  if (!atomic_load(&p->watch->raw)) return;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &p->watch->terminal);
  atomic_store(&p->watch->raw, false);
}

/* --- input ------------------------------------------------------------------------------------------------------------- */

/* The next byte, -1 at the end, -2 when an interrupt came. With `patience` in milliseconds, also -1 when none comes in it. */
static int next_byte(prompt *p, int patience) {
  struct pollfd one = {.fd = STDIN_FILENO, .events = POLLIN};
  if (p->used == p->input.len) {
    p->used = p->input.len = 0;
    if (patience >= 0 && poll(&one, 1, patience) <= 0) return -1;
    if (!buf_room(&p->input, 4096)) return -1;
    ssize_t got;
    do got = read(STDIN_FILENO, p->input.data, p->input.cap);
    while (got < 0 && errno == EINTR && !interrupts);
    if (got < 0 && errno == EINTR) return -2;
    if (got <= 0) return -1;
    p->input.len = (size_t)got;
  }
  return (unsigned char)p->input.data[p->used++];
}

/* What stands behind an escape: ESC [ parameters letter, or ESC O letter. */
static uint32_t read_sequence(prompt *p) {
  static const uint32_t letters[] = {KEY_UP, KEY_DOWN, KEY_RIGHT, KEY_LEFT, KEY_NONE, KEY_END, KEY_NONE, KEY_HOME}; /* from A on */
  static const uint32_t numbers[] = {KEY_NONE, KEY_HOME, KEY_NONE, KEY_DELETE, KEY_END, KEY_NONE, KEY_NONE, KEY_HOME, KEY_END};
  int c = next_byte(p, ESCAPE_WAIT), first = -1;
  if (c != '[' && c != 'O') return KEY_NONE;
  while ((c = next_byte(p, ESCAPE_WAIT)) >= ' ' && c < '@')
    if (first < 0) first = c;
  if (c == '~') return first >= '0' && first <= '8' ? numbers[first - '0'] : KEY_NONE;
  return c >= 'A' && c <= 'H' ? letters[c - 'A'] : KEY_NONE;
}

/* A character, a control character, or one of the keys above. */
static uint32_t read_key(prompt *p) {
  int c = next_byte(p, -1);
  if (c < 0) return c == -2 ? KEY_INTERRUPT : KEY_EOF;
  if (c == 0x1b) return read_sequence(p);
  char bytes[4] = {(char)c};
  size_t len = 1, need = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
  while (len < need && (c = next_byte(p, ESCAPE_WAIT)) >= 0) bytes[len++] = (char)c;
  uint32_t rune;
  return utf8_read(bytes, len, &rune) == len ? rune : UTF8_REPLACEMENT;
}

/* --- drawing ----------------------------------------------------------------------------------------------------------- */

/* Columns of a character; -1 for one that is not to be printed. */
static int width_of(uint32_t rune) {
  static locale_t unicode;
  if (rune < 0x7f) return rune < ' ' ? -1 : 1;
  if (!unicode) unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
  if (!unicode) return rune < 0xa0 ? -1 : 1;
  locale_t before = uselocale(unicode);
  int width = wcwidth((wchar_t)rune);
  uselocale(before);
  return width;
}

/* How many bytes of the text fit into the columns; `*taken` gets the columns that they need. */
static size_t fit(const char *text, size_t len, int columns, int *taken) {
  size_t at = 0;
  for (*taken = 0; at < len;) {
    uint32_t rune;
    size_t bytes = utf8_read(text + at, len - at, &rune);
    int width = width_of(rune);
    if (*taken + width > columns) break;
    *taken += width;
    at += bytes;
  }
  return at;
}

/* The byte behind, or before, the character at `at`. Characters without a width go with the one before them. */
static size_t behind(const buf *line, size_t at) {
  uint32_t rune = 0;
  if (at < line->len) at += utf8_read(line->data + at, line->len - at, &rune);
  while (at < line->len) {
    size_t bytes = utf8_read(line->data + at, line->len - at, &rune);
    if (width_of(rune) != 0) break;
    at += bytes;
  }
  return at;
}

static size_t before(const buf *line, size_t at) {
  size_t last = 0;
  for (size_t next = 0; next < at; next = behind(line, next)) last = next;
  return last;
}

/* Draws the line in one row of the screen: of a long one, what is around the cursor. */
static void draw(const prompt *p) {
  struct winsize size;
  int columns = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80, taken, left;
  int room = columns - (int)strlen(p->label) - 1;
  if (room < 8) room = 8;
  size_t first = 0;
  while (first + fit(p->line.data + first, p->at - first, room, &left) < p->at) first = behind(&p->line, first);
  size_t len = fit(p->line.data + first, p->line.len - first, room, &taken);
  buf out = {0};
  buf_format(&out, "\r%s", p->label);
  buf_add(&out, p->line.data + first, len);
  buf_string(&out, "\x1b[K\r");
  if (left + (int)strlen(p->label)) buf_format(&out, "\x1b[%dC", left + (int)strlen(p->label));
  if (!out.failed) files_write_all(STDOUT_FILENO, out.data, out.len);
  buf_free(&out);
}

static void say(const char *text) { files_write_all(STDOUT_FILENO, text, strlen(text)); }

/* --- editing ----------------------------------------------------------------------------------------------------------- */

static void insert(prompt *p, const char *bytes, size_t len) {
  buf *line = &p->line;
  if (!len || !buf_room(line, len)) return;
  memmove(line->data + p->at + len, line->data + p->at, line->len - p->at);
  memcpy(line->data + p->at, bytes, len);
  line->len += len;
  p->at += len;
}

/* Removes the bytes between two places; the cursor then stands there. */
static void cut(prompt *p, size_t from, size_t to) {
  if (from == to) return;
  memmove(p->line.data + from, p->line.data + to, p->line.len - to);
  p->line.len -= to - from;
  p->at = from;
}

static size_t word_start(const prompt *p) {
  size_t at = p->at;
  while (at && p->line.data[at - 1] == ' ') at--;
  while (at && p->line.data[at - 1] != ' ') at--;
  return at;
}

static void set(buf *to, const buf *from) {
  buf_clear(to);
  buf_add(to, from->data, from->len);
}

/* Shows another line of the history; the one that is being typed stands behind the last. */
static void recall(prompt *p, size_t which) {
  if (!p->history || which > p->count) return;
  if (p->shown == p->count) set(&p->history[p->count], &p->line);
  p->shown = which;
  set(&p->line, &p->history[which]);
  p->at = p->line.len;
}

static void complete(prompt *p) {
  buf text = {0}, show = {0};
  if (p->complete) p->complete(p->ud, p->line.data ? p->line.data : "", p->at, &text, &show);
  insert(p, text.data, text.len);
  if (show.len) {
    say("\n");
    files_write_all(STDOUT_FILENO, show.data, show.len);
    say("\n");
  }
  buf_free(&text);
  buf_free(&show);
}

static void type(prompt *p, uint32_t rune) {
  char bytes[4] = "";
  if (rune > UTF8_LAST || width_of(rune) < 0) return;
  size_t len = utf8_write(bytes, rune);
  insert(p, bytes, len);
}

/* Letters with ctrl that are another name for a key. */
static uint32_t key_of_letter(uint32_t key) {
  static const char letters[] = "\x01\x02\x05\x06\x08\x0e\x10\x7f"; /* a b e f h n p, and what backspace sends */
  static const uint32_t keys[] = {KEY_HOME, KEY_LEFT, KEY_END, KEY_RIGHT, KEY_BACK, KEY_DOWN, KEY_UP, KEY_BACK};
  const char *found = key && key <= 0x7f ? strchr(letters, (int)key) : NULL;
  return found ? keys[found - letters] : key;
}

static void obey(prompt *p, uint32_t key) {
  switch (key_of_letter(key)) {
    case KEY_LEFT: p->at = before(&p->line, p->at); break;
    case KEY_RIGHT: p->at = behind(&p->line, p->at); break;
    case KEY_HOME: p->at = 0; break;
    case KEY_END: p->at = p->line.len; break;
    case KEY_UP: recall(p, p->shown - 1); break;
    case KEY_DOWN: recall(p, p->shown + 1); break;
    case KEY_BACK: cut(p, before(&p->line, p->at), p->at); break;
    case KEY_DELETE:
    case CTRL_D: cut(p, p->at, behind(&p->line, p->at)); break;
    case CTRL_U: cut(p, 0, p->at); break;
    case CTRL_K: cut(p, p->at, p->line.len); break;
    case CTRL_W: cut(p, word_start(p), p->at); break;
    case CTRL_L: say("\x1b[H\x1b[2J"); break;
    case '\t': complete(p); break;
    default: type(p, key);
  }
}

static prompt_answer edit(prompt *p) {
  p->at = 0;
  p->shown = p->count;
  if (!buf_room(&p->line, 1)) return PROMPT_END;
  for (;;) {
    draw(p);
    uint32_t key = read_key(p);
    if (key == KEY_INTERRUPT || key == CTRL_C) return PROMPT_CANCELLED;
    if (key == KEY_EOF || (key == CTRL_D && !p->line.len)) return PROMPT_END;
    if (key == '\r' || key == '\n') return PROMPT_LINE;
    obey(p, key);
  }
}

/* --- lines ------------------------------------------------------------------------------------------------------------- */

static prompt_answer read_plain(prompt *p) {
  if (p->terminal) say(p->label);
  for (int c; (c = next_byte(p, -1)) != '\n'; buf_byte(&p->line, (char)c)) {
    if (c == -2) return PROMPT_CANCELLED;
    if (c < 0) return p->line.len ? PROMPT_LINE : PROMPT_END;
  }
  return PROMPT_LINE;
}

prompt_answer prompt_read(prompt *p, const char *label) {
  prompt_answer answer;
  p->label = label;
  buf_clear(&p->line);
  prompt_interrupted();
  if (p->edits && make_raw(p)) answer = edit(p);
  else answer = read_plain(p);
  if (p->edits) make_cooked(p);
  if (p->terminal && (p->edits || answer != PROMPT_LINE)) say(answer == PROMPT_CANCELLED && p->edits ? "^C\n" : "\n");
  if (answer == PROMPT_CANCELLED) prompt_interrupted();
  return answer;
}

void prompt_remember(prompt *p) {
  buf *more = realloc(p->history, (p->count + 2) * sizeof *more);
  if (!more) return; /* then this line is not remembered */
  if (!p->history) more[0] = (buf){0};
  p->history = more;
  set(&more[p->count++], &p->line);
  more[p->count] = (buf){0};
}
