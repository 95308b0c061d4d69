/* engine/subst: the grammar and every operator, as tables. */
#include "unit.h"

#include "base/utf8.h"
#include "subst/subst.h"

/* The variables of all rows. Names that are not here are unset; `keep` asks for its expression as it is written. */
static const struct {
  const char *name;
  chars value;
} known[] = {
    {"n", TEXT("value")},
    {"e", TEXT("")},
    {"a", TEXT("abcabc")},
    {"path", TEXT("/usr/lib/x.tar.gz")},
    {"upper", TEXT("ABC")},
    {"word", TEXT("\xc3\xa9t\xc3\xa9")}, /* accents: two bytes each */
    {"cjk", TEXT("\xe6\x97\xa5\xe6\x9c\xac")},
    {"sharp", TEXT("stra\xc3\x9f"
                   "e")},
    {"greek", TEXT("\xce\xa3\xce\xb1")},
    {"stray", TEXT("\xff"
                   "A\xc3")},
    {"dollar", TEXT("$$ ${n} $(n)")},
    {"json", TEXT("\",\"x\": [\\n\n\t}")},
    {"nul", TEXT("a\0b")},
    {"two", TEXT("2")},
    {"minus", TEXT("-2")},
    {"plus", TEXT("+1")},
    {"huge", TEXT("9223372036854775807")},
    {"over", TEXT("9223372036854775808")},
    {"far", TEXT("-99")},
    {"space", TEXT(" 2")},
    {"slash", TEXT("/")},
    {"list", TEXT("a,b,c")},
    {"glob", TEXT("*b")},
    {"star", TEXT("a*b?[c]\\d")},
    {"0", TEXT("zero")},
    {"_", TEXT("underscore")},
    {"\xc3\xa9t\xc3\xa9", TEXT("summer")},
    {"\xd9\xa1", TEXT("arabic one")},
    {"\xe6\x97\xa5", TEXT("sun")},
};

typedef struct row {
  chars text;
  chars want;
} row;

static const row results[] = {
    /* what is no expression */
    {TEXT(""), TEXT("")},
    {TEXT("plain"), TEXT("plain")},
    {TEXT("a\0b${n}"), TEXT("a\0bvalue")},
    {TEXT("$n $(n) $ {n} $"), TEXT("$n $(n) $ {n} $")},
    {TEXT("}{ $} {n}"), TEXT("}{ $} {n}")},
    {TEXT("\xff\xc3 ${n} \xe2\x82"), TEXT("\xff\xc3 value \xe2\x82")},
    /* $$ */
    {TEXT("$$"), TEXT("$")},
    {TEXT("$$$"), TEXT("$$")},
    {TEXT("$$$$"), TEXT("$$")},
    {TEXT("$${n}"), TEXT("${n}")},
    {TEXT("$$${n}"), TEXT("$value")},
    {TEXT("$$$${n}"), TEXT("$${n}")},
    {TEXT("$$$$${n}"), TEXT("$$value")},
    {TEXT("$$(n) $$n"), TEXT("$(n) $n")},
    {TEXT("${n}$$"), TEXT("value$")},
    {TEXT("${n}$${n}${n}"), TEXT("value${n}value")},
    {TEXT("a$$b$$"), TEXT("a$b$")},
    {TEXT("${u:=a$$b}"), TEXT("a$$b")}, /* no escape inside of an expression */
    {TEXT("${u:=$$${n}}"), TEXT("$$value")},
    {TEXT("${u:=$}"), TEXT("$")},
    {TEXT("${u:=$n}"), TEXT("$n")},
    /* the value, and names */
    {TEXT("${n}"), TEXT("value")},
    {TEXT("<${n}>"), TEXT("<value>")},
    {TEXT("${n}${n}"), TEXT("valuevalue")},
    {TEXT("${e}"), TEXT("")},
    {TEXT("${0}"), TEXT("zero")},
    {TEXT("${_}"), TEXT("underscore")},
    {TEXT("${\xc3\xa9t\xc3\xa9}"), TEXT("summer")},
    {TEXT("${\xd9\xa1}"), TEXT("arabic one")},
    {TEXT("${\xe6\x97\xa5}"), TEXT("sun")},
    {TEXT("${dollar}"), TEXT("$$ ${n} $(n)")}, /* a value is never looked at again */
    {TEXT("${json}"), TEXT("\",\"x\": [\\n\n\t}")},
    {TEXT("${nul}"), TEXT("a\0b")},
    {TEXT("${stray}"), TEXT("\xff"
                            "A\xc3")},
    {TEXT("${keep}"), TEXT("${keep}")},
    {TEXT("${keep:=x${n}}${n}"), TEXT("${keep:=x${n}}value")},
    {TEXT("${u:=${keep}}"), TEXT("${keep}")},
    /* defaults */
    {TEXT("${n=w}"), TEXT("value")},
    {TEXT("${n:=w}"), TEXT("value")},
    {TEXT("${n:-w}"), TEXT("value")},
    {TEXT("${e=w}"), TEXT("")}, /* set and empty: the default is not used */
    {TEXT("${e:=w}"), TEXT("")},
    {TEXT("${e:-w}"), TEXT("")},
    {TEXT("${u=w}"), TEXT("w")},
    {TEXT("${u:=w}"), TEXT("w")},
    {TEXT("${u:-w}"), TEXT("w")},
    {TEXT("${u=}"), TEXT("")},
    {TEXT("${u:=}"), TEXT("")},
    {TEXT("${u:-}"), TEXT("")},
    {TEXT("${u:==x}"), TEXT("=x")},
    {TEXT("${u:= a:b/c#d%e,f^g }"), TEXT(" a:b/c#d%e,f^g ")},
    {TEXT("${u:={}"), TEXT("{")},
    {TEXT("${u:=\xc3\xa9\xff}"), TEXT("\xc3\xa9\xff")},
    {TEXT("${u:=a${n}b${e}c}"), TEXT("avaluebc")},
    {TEXT("${u:=${u2:=${u3:=deep}}}"), TEXT("deep")},
    {TEXT("${u:=a}}"), TEXT("a}")},
    /* alternates */
    {TEXT("${n:?w}"), TEXT("value")},
    {TEXT("${n:+w}"), TEXT("value")},
    {TEXT("${e:?w}"), TEXT("w")},
    {TEXT("${e:+w}"), TEXT("w")},
    {TEXT("${e:?}"), TEXT("")},
    {TEXT("${e:+x${n}y}"), TEXT("xvaluey")},
    /* length, in bytes */
    {TEXT("${#n}"), TEXT("5")},
    {TEXT("${#e}"), TEXT("0")},
    {TEXT("${#word}"), TEXT("5")},
    {TEXT("${#nul}"), TEXT("3")},
    {TEXT("${#0}"), TEXT("4")},
    /* substring, in bytes */
    {TEXT("${n:0}"), TEXT("value")},
    {TEXT("${n:2}"), TEXT("lue")},
    {TEXT("${n:5}"), TEXT("")},
    {TEXT("${n:99}"), TEXT("")},
    {TEXT("${n:1:2}"), TEXT("al")},
    {TEXT("${n:1:0}"), TEXT("")},
    {TEXT("${n:1:99}"), TEXT("alue")},
    {TEXT("${n:1:+2}"), TEXT("al")},
    {TEXT("${n:1:::2}"), TEXT("al")},
    {TEXT("${n:99:1}"), TEXT("")},
    {TEXT("${n:1:9223372036854775807}"), TEXT("alue")},
    {TEXT("${n:9223372036854775807}"), TEXT("")},
    {TEXT("${n:9223372036854775808}"), TEXT("value")}, /* no integer */
    {TEXT("${n:x}"), TEXT("value")},
    {TEXT("${n: 2}"), TEXT("value")},
    {TEXT("${n:2 }"), TEXT("value")},
    {TEXT("${n:0x1}"), TEXT("value")},
    {TEXT("${n:1_0}"), TEXT("value")},
    {TEXT("${n://b}"), TEXT("value")},
    {TEXT("${n:1:x}"), TEXT("value")},
    {TEXT("${n:1:2x}"), TEXT("value")},
    {TEXT("${n:1:2:3}"), TEXT("value")}, /* a length of "2:3" */
    {TEXT("${n:${two}}"), TEXT("lue")},
    {TEXT("${n:${minus}}"), TEXT("ue")},
    {TEXT("${n:${plus}}"), TEXT("alue")},
    {TEXT("${n:${far}}"), TEXT("value")},
    {TEXT("${n:${far}:${two}}"), TEXT("va")},
    {TEXT("${n:${huge}}"), TEXT("")},
    {TEXT("${n:${over}}"), TEXT("value")},
    {TEXT("${n:${space}}"), TEXT("value")},
    {TEXT("${n:${e}}"), TEXT("value")},
    {TEXT("${n:1:${two}}"), TEXT("al")},
    {TEXT("${e:0}"), TEXT("")},
    {TEXT("${e:1:2}"), TEXT("")},
    {TEXT("${word:1}"), TEXT("\xa9t\xc3\xa9")}, /* a cut character leaves stray bytes */
    {TEXT("${u:-1}"), TEXT("1")},               /* the default family, no negative offset */
    /* case */
    {TEXT("${upper,}"), TEXT("aBC")},
    {TEXT("${upper,,}"), TEXT("abc")},
    {TEXT("${n^}"), TEXT("Value")},
    {TEXT("${n^^}"), TEXT("VALUE")},
    {TEXT("${upper,^}"), TEXT("ABC")},
    {TEXT("${n^,}"), TEXT("value")},
    {TEXT("${e,}${e,,}${e^}${e^^}"), TEXT("")},
    {TEXT("${word^}"), TEXT("\xc3\x89t\xc3\xa9")},
    {TEXT("${word^^}"), TEXT("\xc3\x89T\xc3\x89")},
    {TEXT("${sharp^^}"), TEXT("STRA\xc3\x9f"
                              "E")},
    {TEXT("${greek,,}"), TEXT("\xcf\x83\xce\xb1")},
    {TEXT("${cjk^^}"), TEXT("\xe6\x97\xa5\xe6\x9c\xac")},
    {TEXT("${stray,,}"), TEXT("\xef\xbf\xbd"
                              "a\xef\xbf\xbd")},
    {TEXT("${stray,^}"), TEXT("\xff"
                              "A\xc3")},
    /* trim at the start */
    {TEXT("${path#*/}"), TEXT("usr/lib/x.tar.gz")},
    {TEXT("${path##*/}"), TEXT("x.tar.gz")},
    {TEXT("${path#/usr}"), TEXT("/lib/x.tar.gz")},
    {TEXT("${path#usr}"), TEXT("/usr/lib/x.tar.gz")},
    {TEXT("${path##*}"), TEXT("")},
    {TEXT("${path#*}"), TEXT("usr/lib/x.tar.gz")}, /* a match is at least one byte long */
    {TEXT("${path#?}"), TEXT("usr/lib/x.tar.gz")},
    {TEXT("${path##?}"), TEXT("usr/lib/x.tar.gz")},
    {TEXT("${a#[abc]}"), TEXT("bcabc")},
    {TEXT("${a#[^abc]}"), TEXT("abcabc")},
    {TEXT("${a##[a-c]*}"), TEXT("")},
    {TEXT("${a#[a-b][b-c]}"), TEXT("cabc")},
    {TEXT("${a##*[b-b]}"), TEXT("c")},
    {TEXT("${a#*c}"), TEXT("abc")},
    {TEXT("${a##*c}"), TEXT("")},
    {TEXT("${a#\\a}"), TEXT("bcabc")},
    {TEXT("${star#a\\*b}"), TEXT("?[c]\\d")},
    {TEXT("${star#a\\*b\\?}"), TEXT("[c]\\d")},
    {TEXT("${star##*\\[c\\]}"), TEXT("\\d")},
    {TEXT("${star##*\\\\}"), TEXT("d")},
    {TEXT("${a#[}"), TEXT("abcabc")}, /* bad patterns */
    {TEXT("${a#[]}"), TEXT("abcabc")},
    {TEXT("${a#[a}"), TEXT("abcabc")},
    {TEXT("${a#[-]}"), TEXT("abcabc")},
    {TEXT("${a#[a-]}"), TEXT("abcabc")},
    {TEXT("${a#a\\}"), TEXT("abcabc")},
    {TEXT("${a##*[}"), TEXT("abcabc")},
    {TEXT("${a###}"), TEXT("abcabc")}, /* a third sign belongs to the pattern */
    {TEXT("${e#*}"), TEXT("")},
    {TEXT("${a#${glob}}"), TEXT("cabc")}, /* a pattern may come from a value */
    {TEXT("${a##${glob}}"), TEXT("c")},
    {TEXT("${a#${e}}"), TEXT("abcabc")},
    {TEXT("${word#?}"), TEXT("\xa9t\xc3\xa9")}, /* one byte, even of a longer character */
    {TEXT("${word##?}"), TEXT("t\xc3\xa9")},
    {TEXT("${word#\xc3\xa9}"), TEXT("t\xc3\xa9")},
    {TEXT("${cjk##??}"), TEXT("")},
    {TEXT("${cjk#\xef\xbf\xbd}"), TEXT("\xe6\x97\xa5\xe6\x9c\xac")}, /* U+FFFD is no stray byte */
    {TEXT("${cjk#[\xe6\x97\xa5]}"), TEXT("\xe6\x9c\xac")},
    {TEXT("${json#\"}"), TEXT(",\"x\": [\\n\n\t}")},
    /* trim at the end */
    {TEXT("${path%.*}"), TEXT("/usr/lib/x.tar")},
    {TEXT("${path%%.*}"), TEXT("/usr/lib/x")},
    {TEXT("${path%/*}"), TEXT("/usr/lib")},
    {TEXT("${path%%/*}"), TEXT("")},
    {TEXT("${path%.gz}"), TEXT("/usr/lib/x.tar")},
    {TEXT("${path%.zip}"), TEXT("/usr/lib/x.tar.gz")},
    {TEXT("${path%*}"), TEXT("/usr/lib/x.tar.g")},
    {TEXT("${path%%*}"), TEXT("")},
    {TEXT("${path%??}"), TEXT("/usr/lib/x.tar.")},
    {TEXT("${path%[z]}"), TEXT("/usr/lib/x.tar.gz")}, /* the reversed pattern is "]z[" */
    {TEXT("${a%%%}"), TEXT("abcabc")},
    {TEXT("${a%c}"), TEXT("abcab")},
    {TEXT("${a%\\c}"), TEXT("abcabc")},
    {TEXT("${word%\xc3\xa9}"), TEXT("\xc3\xa9t")},
    {TEXT("${word%%?}"), TEXT("\xc3\xa9t")},
    {TEXT("${a%${e}}"), TEXT("abcabc")},
    {TEXT("${stray%x}"), TEXT("\xff"
                              "A\xc3")},
    /* replace */
    {TEXT("${a/b/X}"), TEXT("aXcabc")},
    {TEXT("${a//b/X}"), TEXT("aXcaXc")},
    {TEXT("${a/#a/X}"), TEXT("Xbcabc")},
    {TEXT("${a/#b/X}"), TEXT("abcabc")},
    {TEXT("${a/%c/X}"), TEXT("abcabX")},
    {TEXT("${a/%b/X}"), TEXT("abcabc")},
    {TEXT("${a/b/}"), TEXT("acabc")},
    {TEXT("${a//b/}"), TEXT("acac")},
    {TEXT("${a/#a/}"), TEXT("abcabc")}, /* no replacement is written: the value is left alone */
    {TEXT("${a/%c/}"), TEXT("abcabc")},
    {TEXT("${a/#a/${e}}"), TEXT("bcabc")}, /* one is written, and is empty */
    {TEXT("${a/%c/${e}}"), TEXT("abcab")},
    {TEXT("${a/b/${e}}"), TEXT("acabc")},
    {TEXT("${a/abcabc/}"), TEXT("")},
    {TEXT("${a//abc/abcabc}"), TEXT("abcabcabcabc")},
    {TEXT("${a/x/y}"), TEXT("abcabc")},
    {TEXT("${a/abcabcabc/y}"), TEXT("abcabc")},
    {TEXT("${a/b///X}"), TEXT("aXcabc")}, /* several slashes count as one */
    {TEXT("${a/b/X/Y}"), TEXT("aX/Ycabc")},
    {TEXT("${a//b//}"), TEXT("acac")},
    {TEXT("${path//\\//-}"), TEXT("-usr-lib-x.tar.gz")},
    {TEXT("${path/#\\/usr/\\/opt}"), TEXT("/opt/lib/x.tar.gz")},
    {TEXT("${star/\\\\d/D}"), TEXT("a*b?[c]D")},
    {TEXT("${star/\\d/D}"), TEXT("a*b?[c]D")}, /* a backslash before any other character is itself */
    {TEXT("${star/*/X}"), TEXT("aXb?[c]\\d")}, /* plain text, no glob */
    {TEXT("${star/b?/X}"), TEXT("a*X[c]\\d")},
    {TEXT("${a/b/\\\\}"), TEXT("a\\cabc")},
    {TEXT("${a/b/\\x}"), TEXT("a\\xcabc")},
    {TEXT("${a/b/$$}"), TEXT("a$cabc")},
    {TEXT("${dollar/$$/D}"), TEXT("D$ ${n} $(n)")},
    {TEXT("${dollar/$(/(}"), TEXT("$$ ${n} (n)")},
    {TEXT("${json/}/)}"), TEXT("\",\"x\": [\\n\n\t)")}, /* a pattern may hold "}" */
    {TEXT("${a/${two}/x}"), TEXT("abcabc")},
    {TEXT("${list//,/${slash}}"), TEXT("a/b/c")},
    {TEXT("${list/,/${json}}"), TEXT("a\",\"x\": [\\n\n\t}b,c")},
    {TEXT("${path//${slash}/:}"), TEXT(":usr:lib:x.tar.gz")},
    {TEXT("${a/${e}/X}"), TEXT("Xabcabc")}, /* an empty pattern stands before every character and at the end */
    {TEXT("${a/#${e}/X}"), TEXT("Xabcabc")},
    {TEXT("${a/%${e}/X}"), TEXT("abcabcX")},
    {TEXT("${list//${e}/-}"), TEXT("-a-,-b-,-c-")},
    {TEXT("${cjk//${e}/-}"), TEXT("-\xe6\x97\xa5-\xe6\x9c\xac-")},
    {TEXT("${e//${e}/-}"), TEXT("-")},
    {TEXT("${a//${e}/}"), TEXT("abcabc")},
    {TEXT("${e/x/y}${e//x/y}${e/#x/y}${e/%x/y}"), TEXT("")},
    {TEXT("${nul/\0/-}"), TEXT("a-b")},
};

typedef struct error_row {
  chars text;
  const char *error;
  size_t offset; /* of the expression that is wrong */
} error_row;

#define BAD_NAME "unable to parse variable name"
#define NO_BRACE "missing closing brace"
#define NO_PART  "unable to parse substitution within function"
#define BAD      "bad substitution"

static const error_row compile_errors[] = {
    {TEXT("${}"), BAD_NAME, 0},
    {TEXT("abc ${}"), BAD_NAME, 4},
    {TEXT("${ a}"), BAD_NAME, 0},
    {TEXT("${$}"), BAD_NAME, 0},
    {TEXT("${"), BAD_NAME, 0},
    {TEXT("${-}"), BAD_NAME, 0},
    {TEXT("${${n}}"), BAD_NAME, 0},
    {TEXT("${\xff}"), BAD_NAME, 0},
    {TEXT("${\xc3}"), BAD_NAME, 0},
    {TEXT("${\xef\xbf\xbd}"), BAD_NAME, 0},
    {TEXT("${\xe2\x82\xac}"), BAD_NAME, 0},
    {TEXT("${\0}"), BAD_NAME, 0},
    {TEXT("${n}${n}${.}"), BAD_NAME, 8},
    {TEXT("${a }"), NO_BRACE, 0},
    {TEXT("${a-b}"), NO_BRACE, 0},
    {TEXT("${a+b}"), NO_BRACE, 0},
    {TEXT("${a?b}"), NO_BRACE, 0},
    {TEXT("${a.b}"), NO_BRACE, 0},
    {TEXT("${a"), NO_BRACE, 0},
    {TEXT("${a\0}"), NO_BRACE, 0},
    {TEXT("${a\xff}"), NO_BRACE, 0},
    {TEXT("${a\xcc\x81}"), NO_BRACE, 0}, /* a combining accent */
    {TEXT("${a$}"), NO_BRACE, 0},
    {TEXT("${a${n}}"), NO_BRACE, 0},
    {TEXT("$$${a"), NO_BRACE, 2},
    {TEXT("${a:}"), NO_PART, 0},
    {TEXT("${a#}"), NO_PART, 0},
    {TEXT("${a##}"), NO_PART, 0},
    {TEXT("${a%}"), NO_PART, 0},
    {TEXT("${a%%}"), NO_PART, 0},
    {TEXT("${a:1:}"), NO_PART, 0},
    {TEXT("${a::1}"), NO_PART, 0},
    {TEXT("${a:"), NO_PART, 0},
    {TEXT("${a:="), NO_PART, 0},
    {TEXT("${a:=x"), NO_PART, 0},
    {TEXT("${a=x${n}"), NO_PART, 0},
    {TEXT("${a:?x"), NO_PART, 0},
    {TEXT("${a#"), NO_PART, 0},
    {TEXT("${a/"), NO_PART, 0},
    {TEXT("${a//"), NO_PART, 0},
    {TEXT("${a/}"), BAD, 0},
    {TEXT("${a/b}"), BAD, 0},
    {TEXT("${a/#b}"), BAD, 0},
    {TEXT("${a/b"), BAD, 0},
    {TEXT("${a/b/c"), BAD, 0},
    {TEXT("${a/b/"), BAD, 0},
    {TEXT("${a:1"), BAD, 0},
    {TEXT("${a:1:2"), BAD, 0},
    {TEXT("${a#b"), BAD, 0},
    {TEXT("${a,"), BAD, 0},
    {TEXT("${a^^"), BAD, 0},
    {TEXT("${a,,,}"), BAD, 0},
    {TEXT("${a^^^}"), BAD, 0},
    {TEXT("${a,x}"), BAD, 0},
    {TEXT("${#}"), BAD, 0},
    {TEXT("${#"), BAD, 0},
    {TEXT("${#a"), BAD, 0},
    {TEXT("${# a}"), BAD, 0},
    {TEXT("${#a:1}"), BAD, 0},
    {TEXT("${#a b}"), BAD, 0},
    {TEXT("${##a}"), BAD, 0},
    {TEXT("${a:x${n}}"), BAD, 0}, /* a part is text or an expression, never a mix */
    {TEXT("${a:${n}x}"), BAD, 0},
    {TEXT("${a:1:${n}x}"), BAD, 0},
    {TEXT("${a#x${n}}"), BAD, 0},
    {TEXT("${a#${n}x}"), BAD, 0},
    {TEXT("${a/x${n}/y}"), BAD, 0},
    {TEXT("${a/${n}x/y}"), BAD, 0},
    {TEXT("${a/x/y${n}}"), BAD, 0},
    {TEXT("${a/x/${n}y}"), BAD, 0},
    {TEXT("x${u:=y${}z}"), BAD_NAME, 7}, /* the inner expression is the wrong one */
    {TEXT("x${u:=y${a z}"), NO_BRACE, 7},
    {TEXT("x${u:=${n}y"), NO_PART, 1},
};

static const error_row run_errors[] = {
    /* `offset` is where the name stands */
    {TEXT("${u}"), "input/default value not found for key", 2},
    {TEXT("a ${n} ${u}"), "input/default value not found for key", 9},
    {TEXT("${#u}"), "input/default value not found for key", 3},
    {TEXT("${u:?w}"), "input/default value not found for key", 2},
    {TEXT("${u:+w}"), "input/default value not found for key", 2},
    {TEXT("${u:1}"), "input/default value not found for key", 2},
    {TEXT("${u#x}"), "input/default value not found for key", 2},
    {TEXT("${u%x}"), "input/default value not found for key", 2},
    {TEXT("${u/x/y}"), "input/default value not found for key", 2},
    {TEXT("${u,,}"), "input/default value not found for key", 2},
    {TEXT("${n:=${u}}"), "input/default value not found for key", 7}, /* evaluated, though not used */
    {TEXT("${n:?${u}}"), "input/default value not found for key", 7},
    {TEXT("${keep:=${u}}"), "input/default value not found for key", 10},
    {TEXT("${u:=x} ${u}"), "input/default value not found for key", 10},
    {TEXT("${n:0:-1}"), "the length of a substring is negative", 2},
    {TEXT("${n:0:${minus}}"), "the length of a substring is negative", 2},
};

/* The value of a name, unset when it is none of the known ones. */
static subst_value value_of(span name) {
  if (name.len == 4 && !memcmp(name.text, "keep", 4)) return (subst_value){.state = VALUE_KEEP};
  for (size_t i = 0; i < COUNT(known); i++)
    if (strlen(known[i].name) == name.len && !memcmp(known[i].name, name.text, name.len))
      return (subst_value){VALUE_SET, {known[i].value.bytes, known[i].value.len}};
  return (subst_value){.state = VALUE_UNSET};
}

/* Runs the program with the known variables. */
static bool run(const subst *s, buf *out, subst_failure *why) {
  subst_value values[64];
  assert_true(s->names_len <= COUNT(values));
  for (size_t i = 0; i < s->names_len; i++) values[i] = value_of(s->names[i].name);
  return subst_run(s, values, out, why);
}

static void test_results(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(results); i++) {
    const row *r = &results[i];
    arena a = {0};
    buf out = {0};
    subst s;
    subst_error error = {0};
    subst_failure why = {0};
    if (!subst_compile(&s, r->text.bytes, r->text.len, &a, &error)) fail_msg("%s: %s at %zu", r->text.bytes, error.text, error.offset);
    if (!run(&s, &out, &why)) fail_msg("%s: %s", r->text.bytes, why.text);
    assert_text(out.data, out.len, r->want.bytes, r->want.len, r->text.bytes);
    if (!subst_needed(r->text.bytes, r->text.len)) assert_text(out.data, out.len, r->text.bytes, r->text.len, "not needed");
    buf_free(&out);
    arena_free(&a);
  }
}

static void test_compile_errors(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(compile_errors); i++) {
    const error_row *r = &compile_errors[i];
    arena a = {0};
    subst s;
    subst_error error = {0};
    if (subst_compile(&s, r->text.bytes, r->text.len, &a, &error)) fail_msg("%s: is no error", r->text.bytes);
    if (strcmp(error.text, r->error) != 0 || error.offset != r->offset)
      fail_msg("%s: got %s at %zu, want %s at %zu", r->text.bytes, error.text, error.offset, r->error, r->offset);
    arena_free(&a);
  }
}

static void test_run_errors(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(run_errors); i++) {
    const error_row *r = &run_errors[i];
    arena a = {0};
    buf out = {0};
    subst s;
    subst_error error = {0};
    subst_failure why = {0};
    assert_true(subst_compile(&s, r->text.bytes, r->text.len, &a, &error));
    if (run(&s, &out, &why)) fail_msg("%s: is no error but \"%.*s\"", r->text.bytes, (int)out.len, out.data ? out.data : "");
    if (strcmp(why.text, r->error) != 0 || s.names[why.name].offset != r->offset)
      fail_msg("%s: got %s at %zu, want %s at %zu", r->text.bytes, why.text, s.names[why.name].offset, r->error, r->offset);
    buf_free(&out);
    arena_free(&a);
  }
}

static const struct {
  const char *text;
  const char *names; /* each with its offset, and "?" when it may be unset */
} names[] = {
    {"", ""},
    {"$$ $(a)", ""},
    {"${a}", "a@2"},
    {"${a}${b}${a}", "a@2 b@6"},
    {"${#a}", "a@3"},
    {"${a:=x}", "a@2?"},
    {"${a=x}", "a@2?"},
    {"${a:-x}", "a@2?"},
    {"${a:?x}", "a@2"},
    {"${a:=x}${a}", "a@9"}, /* where it cannot do without */
    {"${a}${a:=x}", "a@2"},
    {"${a:=x}${a:=y}", "a@2?"},
    {"${a:=${b}${c:=d}}", "b@7 c@11? a@2?"}, /* inner ones first: they are evaluated first */
    {"${a/${b}/${c}}", "b@6 c@11 a@2"},
    {"${a:${b}:${c}}", "b@6 c@11 a@2"},
    {"$${a}${b}", "b@7"},
};

static void test_names(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(names); i++) {
    arena a = {0};
    buf got = {0};
    subst s;
    subst_error error;
    assert_true(subst_compile(&s, names[i].text, strlen(names[i].text), &a, &error));
    for (size_t k = 0; k < s.names_len; k++) {
      const subst_name *n = &s.names[k];
      buf_format(&got, "%s%.*s@%zu%s", k ? " " : "", (int)n->name.len, n->name.text, n->offset, n->optional ? "?" : "");
    }
    assert_text(got.data, got.len, names[i].names, strlen(names[i].names), names[i].text);
    buf_free(&got);
    arena_free(&a);
  }
}

/* `depth` defaults within each other. */
static bool compile_nested(size_t depth, arena *a, subst *s, subst_error *error) {
  buf b = {0};
  for (size_t i = 0; i < depth; i++) buf_string(&b, "${u:=");
  buf_string(&b, "x");
  buf_fill(&b, '}', depth);
  bool ok = subst_compile(s, b.data, b.len, a, error);
  buf_free(&b); /* a program refers to nothing outside of its arena */
  return ok;
}

static void test_depth(void **state) {
  (void)state;
  arena a = {0};
  subst s;
  subst_error error = {0};
  subst_failure why;
  buf out = {0};
  assert_true(compile_nested(SUBST_DEPTH, &a, &s, &error));
  assert_int_equal(s.names_len, 1);
  assert_true(run(&s, &out, &why));
  assert_text(out.data, out.len, "x", 1, "the deepest");
  assert_false(compile_nested(SUBST_DEPTH + 1, &a, &s, &error));
  assert_string_equal(error.text, "bad substitution: too many expressions within each other");
  assert_int_equal(error.offset, 5 * SUBST_DEPTH);
  assert_false(compile_nested(100000, &a, &s, &error));
  buf_free(&out);
  arena_free(&a);
}

/* Expressions beside each other are not within each other. */
static void test_many(void **state) {
  (void)state;
  enum { MANY = 20000 };
  arena a = {0};
  buf b = {0}, out = {0};
  subst s;
  subst_error error;
  subst_failure why;
  for (size_t i = 0; i < MANY; i++) buf_string(&b, "${n:0:1}${u:=w}");
  assert_true(subst_compile(&s, b.data, b.len, &a, &error));
  assert_int_equal(s.names_len, 2);
  assert_true(run(&s, &out, &why));
  assert_int_equal(out.len, 2 * MANY);
  buf_free(&b);
  buf_free(&out);
  arena_free(&a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_results), cmocka_unit_test(test_compile_errors), cmocka_unit_test(test_run_errors),
      cmocka_unit_test(test_names),   cmocka_unit_test(test_depth),          cmocka_unit_test(test_many),
  };
  return cmocka_run_group_tests_name("subst", tests, NULL, NULL);
}
