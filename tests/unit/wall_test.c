/* engine/host/wall: behind it, in a process of its own, everything that is not allowed fails, and what is allowed works. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/files.h"
#include "host/wall.h"

/* --- the folder that the tests work in: in/ may be read, out/ may be written, other/ is out of reach ----------------- */

static char folder[] = "/tmp/wall_test.XXXXXX";

static int make_folder(void **state) {
  (void)state;
  if (!mkdtemp(folder) || chdir(folder)) return -1;
  return system("mkdir in in/deep out other && echo a >in/file && echo a >in/deep/file && echo a >other/file && echo a >out/file &&"
                "ln -s ../other/linked in/link && echo a >other/linked && ln -s ../../other/file in/deep/link && echo a >alone");
}

static int remove_folder(void **state) {
  (void)state;
  return system("rm -r in out other alone") || chdir("/") || rmdir(folder);
}

/* --- what is tried: 0 or an errno ------------------------------------------------------------------------------------ */

static int told(long result) { return result < 0 ? errno : 0; }

static int open_and_close(const char *path, int flags) {
  int fd = open(path, flags, 0600);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

static int read_in(void) { return open_and_close("in/file", O_RDONLY); }
static int read_deep(void) { return open_and_close("in/deep/file", O_RDONLY); }
static int read_link(void) { return open_and_close("in/link", O_RDONLY); }
static int read_deep_link(void) { return open_and_close("in/deep/link", O_RDONLY); }
static int read_alone(void) { return open_and_close("alone", O_RDONLY); }
static int read_other(void) { return open_and_close("other/file", O_RDONLY); }
static int read_around(void) { return open_and_close("in/../other/file", O_RDONLY); }
static int read_passwd(void) { return open_and_close("/etc/passwd", O_RDONLY); }
static int read_self(void) { return open_and_close("/proc/self/mem", O_RDWR); }
static int list_root(void) { return open_and_close("/", O_RDONLY | O_DIRECTORY); }
static int write_in(void) { return open_and_close("in/file", O_WRONLY); }
static int make_in(void) { return open_and_close("in/new", O_WRONLY | O_CREAT); }
static int make_other(void) { return open_and_close("other/new", O_WRONLY | O_CREAT); }
static int truncate_in(void) { return told(truncate("in/file", 0)); }
static int remove_in(void) { return told(unlink("in/file")); }
static int make_folder_in(void) { return told(mkdir("in/new", 0700)); }
static int make_link_in(void) { return told(symlink("x", "in/new")); }
static int rename_out_of(void) { return told(rename("in/file", "out/file")); }
static int write_out(void) { return open_and_close("out/file", O_WRONLY | O_TRUNC); }
static int replace_out(void) {
  int error = open_and_close("out/new", O_WRONLY | O_CREAT | O_EXCL);
  return error ? error : told(rename("out/new", "out/file"));
}
static int make_folder_out(void) { return told(mkdir("out/new", 0700)); }

static int start_program(void) {
  char name[] = "true", *const arguments[] = {name, NULL}, *const environment[] = {NULL};
  return told(execve("/bin/true", arguments, environment));
}
static int start_open_program(void) {
  char name[] = "true", *const arguments[] = {name, NULL};
  return told(syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, NULL, 0));
}
static int fork_child(void) {
  pid_t child = fork();
  if (child == 0) _exit(0);
  return told(child);
}
static int clone_apart(void) {
  long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
  if (child == 0) _exit(0);
  return told(child);
}
static int clone_child(void) {
  long child = syscall(SYS_clone3, NULL, 0);
  return told(child) == ENOSYS ? EPERM : told(child); /* where it is not there at all is as good */
}
static int trace(void) { return told(ptrace(PTRACE_TRACEME, 0, NULL, NULL)); }
static int read_parent(void) { return told(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0)); }
static int signal_parent(void) { return told(kill(getppid(), 0)); }
static int signal_group(void) { return told(kill(0, 0)); }
static int signal_thread(void) { return told(syscall(SYS_tgkill, getppid(), getppid(), 0)); }
static int signal_self(void) { return told(kill(getpid(), 0)); }
static int leave_namespace(void) { return told(unshare(CLONE_NEWUSER)); }
static int mount_folder(void) { return told(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL)); }
static int load_bpf(void) { return told(syscall(SYS_bpf, 0, NULL, 0)); }
static int queue_calls(void) { return told(syscall(SYS_io_uring_setup, 1, NULL)); }
static int type_into_terminal(void) { return told(ioctl(0, TIOCSTI, "x")); }
static int size_of_pipe(void) {
  int size, ends[2];
  return pipe(ends) ? errno : told(ioctl(ends[0], FIONREAD, &size));
}
static int other_abi(void) {
#ifdef __x86_64__
  return told(syscall(0x40000000 + SYS_getpid));
#else
  return EPERM;
#endif
}
static int run_data(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : 0;
}
static int make_runnable(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? 0 : told(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}
static int own_memory(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : 0;
}
static int open_socket(int family, int type) {
  int fd = socket(family, type, 0);
  if (fd >= 0) close(fd);
  return told(fd);
}
static int socket_inet(void) { return open_socket(AF_INET, SOCK_STREAM); }
static int socket_inet6(void) { return open_socket(AF_INET6, SOCK_STREAM) == EPERM ? EPERM : 0; } /* a kernel may be without it */
static int socket_unix(void) { return open_socket(AF_UNIX, SOCK_STREAM); }
static int socket_raw(void) { return open_socket(AF_PACKET, SOCK_RAW); }
static int socket_crypto(void) { return open_socket(AF_ALG, SOCK_SEQPACKET) == EPERM ? EPERM : 0; }
static int socket_pair(void) {
  int ends[2];
  return told(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}
static int wait_for_callers(void) { return told(listen(0, 1)); }

/* --- what becomes of it: which part of the wall decides, and how it ends without and with `network` ------------------- */

enum { NOBODY, SECCOMP, LANDLOCK };

static const struct {
  const char *name;
  int (*try)(void);
  int by, without, with;
} rows[] = {
    {"read a file below in/", read_in, NOBODY, 0, 0},
    {"read a file in a folder below in/", read_deep, NOBODY, 0, 0},
    {"read through a link in in/", read_link, NOBODY, 0, 0},
    {"read through a link deeper down", read_deep_link, LANDLOCK, EACCES, EACCES},
    {"read a file that is named", read_alone, NOBODY, 0, 0},
    {"read another file", read_other, LANDLOCK, EACCES, EACCES},
    {"read another file by way of in/", read_around, LANDLOCK, EACCES, EACCES},
    {"read /etc/passwd", read_passwd, LANDLOCK, EACCES, EACCES},
    {"write the own memory", read_self, LANDLOCK, EACCES, EACCES},
    {"list /", list_root, LANDLOCK, EACCES, EACCES},
    {"write to a file below in/", write_in, LANDLOCK, EACCES, EACCES},
    {"make a file below in/", make_in, LANDLOCK, EACCES, EACCES},
    {"make another file", make_other, LANDLOCK, EACCES, EACCES},
    {"cut a file off", truncate_in, LANDLOCK, EACCES, EACCES},
    {"remove a file", remove_in, LANDLOCK, EACCES, EACCES},
    {"make a folder", make_folder_in, LANDLOCK, EACCES, EACCES},
    {"make a link", make_link_in, LANDLOCK, EACCES, EACCES},
    {"move a file from in/ to out/", rename_out_of, LANDLOCK, EACCES, EACCES},
    {"write to a file below out/", write_out, NOBODY, 0, 0},
    {"replace a file below out/", replace_out, NOBODY, 0, 0},
    {"make a folder below out/", make_folder_out, LANDLOCK, EACCES, EACCES},
    {"execve", start_program, SECCOMP, EPERM, EPERM},
    {"execveat", start_open_program, SECCOMP, EPERM, EPERM},
    {"fork", fork_child, SECCOMP, EPERM, EPERM},
    {"clone3", clone_child, SECCOMP, EPERM, EPERM},
    {"ptrace", trace, SECCOMP, EPERM, EPERM},
    {"process_vm_readv", read_parent, SECCOMP, EPERM, EPERM},
    {"kill the parent", signal_parent, SECCOMP, EPERM, EPERM},
    {"kill the group", signal_group, SECCOMP, EPERM, EPERM},
    {"tgkill the parent", signal_thread, SECCOMP, EPERM, EPERM},
    {"kill oneself", signal_self, NOBODY, 0, 0},
    {"unshare", leave_namespace, SECCOMP, EPERM, EPERM},
    {"mount", mount_folder, SECCOMP, EPERM, EPERM},
    {"bpf", load_bpf, SECCOMP, EPERM, EPERM},
    {"io_uring", queue_calls, SECCOMP, EPERM, EPERM},
    {"ioctl TIOCSTI", type_into_terminal, SECCOMP, EPERM, EPERM},
    {"another ioctl", size_of_pipe, NOBODY, 0, 0},
    {"a call of x32", other_abi, SECCOMP, EPERM, EPERM},
    {"memory that can be written and run", run_data, SECCOMP, EPERM, 0},
    {"memory made executable", make_runnable, SECCOMP, EPERM, 0},
    {"memory", own_memory, NOBODY, 0, 0},
    {"a TCP socket", socket_inet, SECCOMP, EPERM, 0},
    {"a TCP socket over IPv6", socket_inet6, SECCOMP, EPERM, 0},
    {"a socket of files", socket_unix, SECCOMP, EPERM, EPERM},
    {"a raw socket", socket_raw, SECCOMP, EPERM, EPERM},
    {"a socket of the kernel's ciphers", socket_crypto, SECCOMP, EPERM, EPERM},
    {"a pair of sockets", socket_pair, SECCOMP, EPERM, 0},
    {"listen", wait_for_callers, SECCOMP, EPERM, EPERM},
};

/* The errno that the row ends with in a process behind the wall. */
static int try_behind(size_t row, bool network, bool read_all) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    wall w = {.network = network, .read_all = read_all};
    wall_begin(&w);
    wall_read(&w, "in", false);
    wall_read(&w, "alone", false);
    wall_read(&w, "not-there", false);
    wall_replace(&w, "out/file");
    wall_enter(&w);
    _exit(rows[row].try());
  }
  int status;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status)) fail_msg("%s: ended by signal %d", rows[row].name, WTERMSIG(status));
  return WEXITSTATUS(status);
}

static bool decides(int by) {
  wall_offer offer = wall_offered();
  return by == NOBODY || (by == SECCOMP && offer.seccomp) || (by == LANDLOCK && offer.landlock >= 3);
}

static void all_rows(bool network) {
  for (size_t i = 0; i < COUNT(rows); i++) {
    int want = network ? rows[i].with : rows[i].without, got = decides(rows[i].by) ? try_behind(i, network, false) : want;
    if (got != want) fail_msg("%s: %s, want %s", rows[i].name, strerror(got), strerror(want));
  }
}

static void test_without_network(void **state) {
  (void)state;
  all_rows(false);
}

static void test_with_network(void **state) {
  (void)state;
  all_rows(true);
}

static size_t row_of(int (*try)(void)) {
  size_t i = 0;
  while (rows[i].try != try) i++;
  return i;
}

static void test_read_all(void **state) {
  (void)state;
  if (!decides(LANDLOCK)) skip();
  assert_int_equal(try_behind(row_of(read_passwd), false, true), 0);
  assert_int_equal(try_behind(row_of(make_other), false, true), EACCES);
}

static int remove_folder_out(void) { return told(rmdir("out/folder")); }

static int make_folder_below_out(void) {
  int error = told(mkdir("out/folder", 0700));
  return error ? error : open_and_close("out/folder/new", O_WRONLY | O_CREAT) ? EIO : told(unlink("out/folder/new"));
}

/* In a child of a process that may fork, and fill out/: all that is refused is refused there too. */
static int try_as_worker(int (*try)(void)) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    wall w = {.workers = true};
    wall_begin(&w);
    wall_fill(&w, "out");
    wall_enter(&w);
    pid_t worker = fork();
    if (worker == 0) _exit(try());
    int status;
    _exit(waitpid(worker, &status, 0) == worker && WIFEXITED(status) ? WEXITSTATUS(status) : 255);
  }
  int status;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void test_workers(void **state) {
  static const struct {
    int (*try)(void);
    int by, want;
  } tried[] = {
      {fork_child, NOBODY, 0},
      {clone_apart, SECCOMP, EPERM},
      {clone_child, SECCOMP, EPERM},
      {leave_namespace, SECCOMP, EPERM},
      {start_program, SECCOMP, EPERM},
      {socket_inet, SECCOMP, EPERM},
      {make_folder_below_out, NOBODY, 0},
      {remove_folder_out, NOBODY, 0},
      {replace_out, NOBODY, 0},
      {make_folder_in, LANDLOCK, EACCES},
      {make_other, LANDLOCK, EACCES},
      {read_passwd, LANDLOCK, EACCES},
  };
  (void)state;
  for (size_t i = 0; i < COUNT(tried); i++) {
    int got = decides(tried[i].by) ? try_as_worker(tried[i].try) : tried[i].want;
    if (got != tried[i].want) fail_msg("row %zu of the workers: %s, want %s", i, strerror(got), strerror(tried[i].want));
  }
}

/* What was open before stays open, and what a pipe's end leads to can be opened again. */
static void test_open_files(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    char name[40], byte;
    int file = open("other/file", O_RDONLY);
    wall w = {0};
    wall_begin(&w);
    wall_enter(&w);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[1]);
    int again = open(name, O_WRONLY);
    _exit(read(file, &byte, 1) == 1 && write(again, &byte, 1) == 1 ? 0 : 1);
  }
  int status;
  waitpid(child, &status, 0);
  assert_int_equal(status, 0);
}

/* Nothing of the above would fail anyway. */
static void test_without_wall(void **state) {
  (void)state;
  static int (*const possible[])(void) = {read_other, read_passwd, list_root, fork_child, signal_group, own_memory, socket_inet, run_data};
  for (size_t i = 0; i < COUNT(possible); i++) assert_int_equal(possible[i](), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_without_wall), cmocka_unit_test(test_without_network), cmocka_unit_test(test_with_network),
      cmocka_unit_test(test_read_all),     cmocka_unit_test(test_workers),         cmocka_unit_test(test_open_files),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
