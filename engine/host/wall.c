#include "host/wall.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Builds that look for faults start helpers, and write files, that the wall would not let them have. */
#if defined(__SANITIZE_ADDRESS__) || defined(MOONSTEP_COVERAGE)
enum { BUILT_IN = false };
#else
enum { BUILT_IN = true };
#endif

/* --- seccomp -------------------------------------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

enum { X32 = 0x40000000 /* system calls from here on are another ABI's */ };

/* Denied to everybody. Not all machines have all of them. */
static const int denied[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_setns,
    SYS_unshare,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_quotactl,
    SYS_syslog,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_personality,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_fanotify_init,
    SYS_vhangup,
    SYS_setuid,
    SYS_setgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setgroups,
    SYS_setfsuid,
    SYS_setfsgid,
    SYS_capset,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_mknodat,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
    SYS_mknod,
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_pidfd_open
    SYS_pidfd_send_signal,
    SYS_pidfd_open,
    SYS_pidfd_getfd,
#endif
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
#endif
#ifdef SYS_fsopen
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_open_tree,
    SYS_move_mount,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
};

static const int denied_without_network[] = {SYS_clone, SYS_socket, SYS_socketpair, SYS_connect,
                                             SYS_bind,  SYS_sendto, SYS_sendmsg,    SYS_sendmmsg};

enum {
  MOST_CALLS = sizeof denied / sizeof *denied + sizeof denied_without_network / sizeof *denied_without_network,
  MOST = 3 * MOST_CALLS + 100, /* instructions */
};

#define REFUSED (SECCOMP_RET_ERRNO | EPERM)

typedef struct program {
  struct sock_filter code[MOST];
  unsigned short len;
} program;

static void add(program *p, uint16_t code, uint32_t k, uint8_t when, uint8_t otherwise) {
  p->code[p->len++] = (struct sock_filter){code, when, otherwise, k};
}

static void end_with(program *p, uint32_t action) { add(p, BPF_RET | BPF_K, action, 0, 0); }

static void load(program *p, size_t offset) { add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }

/* The low half of an argument; all that are looked at are ints or flags in it. */
static void load_argument(program *p, int number) {
  size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4;
  load(p, offsetof(struct seccomp_data, args) + 8 * (size_t)number + low);
}

/* A call whose argument decides: where `test` (BPF_JEQ, BPF_JSET) holds for one of the values, it ends the one way, else the other. */
static void ask_call(program *p, int call, int argument, uint16_t test, const uint32_t *values, uint8_t count, bool allowed_then) {
  add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, (uint8_t)(count + 3));
  load_argument(p, argument);
  for (uint8_t i = 0; i < count; i++) add(p, BPF_JMP | test | BPF_K, values[i], (uint8_t)(count - i), 0);
  end_with(p, allowed_then ? REFUSED : SECCOMP_RET_ALLOW);
  end_with(p, allowed_then ? SECCOMP_RET_ALLOW : REFUSED);
}

enum { NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET };

static void ask_of_arguments(program *p, const wall *w) {
  static const int signals[] = {SYS_kill, SYS_tkill, SYS_tgkill}, memory[] = {SYS_mmap, SYS_mprotect, SYS_pkey_mprotect};
  const uint32_t self = (uint32_t)getpid(), executable = PROT_EXEC, typing[] = {TIOCSTI, TIOCLINUX}, thread = CLONE_THREAD;
  const uint32_t apart = NAMESPACES | CLONE_PTRACE;
  const uint32_t families[] = {AF_INET, AF_INET6, AF_NETLINK /* name resolution asks it which addresses there are */};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) ask_call(p, signals[i], 0, BPF_JEQ, &self, 1, true);
  ask_call(p, SYS_ioctl, 1, BPF_JEQ, typing, 2, false);
  if (w->workers) ask_call(p, SYS_clone, 0, BPF_JSET, &apart, 1, false);
  else if (w->network) ask_call(p, SYS_clone, 0, BPF_JSET, &thread, 1, true);
  if (w->network) {
    ask_call(p, SYS_socket, 0, BPF_JEQ, families, 3, true);
  } else {
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) ask_call(p, memory[i], 2, BPF_JSET, &executable, 1, false);
  }
}

/* Refuses the calls, which are in order, and allows all others. The kernel tries a new filter on every call there is, so a tree costs a tenth of
 * a list. */
static void refuse_among(program *p, const int *calls, uint8_t count) {
  enum { FEW = 4 };
  if (count <= FEW) {
    for (uint8_t i = 0; i < count; i++) add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], (uint8_t)(count - i), 0);
    end_with(p, SECCOMP_RET_ALLOW);
    end_with(p, REFUSED);
    return;
  }
  uint8_t half = count / 2;
  unsigned short at = p->len;
  add(p, BPF_JMP | BPF_JGE | BPF_K, (uint32_t)calls[half], 0, 0);
  refuse_among(p, calls, half);
  p->code[at].jt = (uint8_t)(p->len - at - 1);
  refuse_among(p, calls + half, (uint8_t)(count - half));
}

static int by_number(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void refuse_denied(program *p, bool network) {
  int calls[MOST_CALLS];
  size_t count = sizeof denied / sizeof *denied;
  memcpy(calls, denied, sizeof denied);
  if (!network) {
    memcpy(calls + count, denied_without_network, sizeof denied_without_network);
    count += sizeof denied_without_network / sizeof *denied_without_network;
  }
  qsort(calls, count, sizeof *calls, by_number);
  refuse_among(p, calls, (uint8_t)count);
}

#ifdef NATIVE
static bool refuse_calls(const wall *w) {
  program p = {.len = 0};
  load(&p, offsetof(struct seccomp_data, arch));
  add(&p, BPF_JMP | BPF_JEQ | BPF_K, NATIVE, 1, 0);
  end_with(&p, REFUSED);
  load(&p, offsetof(struct seccomp_data, nr));
  add(&p, BPF_JMP | BPF_JGE | BPF_K, X32, 0, 1);
  end_with(&p, REFUSED);
#ifdef SYS_clone3
  add(&p, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
  end_with(&p, SECCOMP_RET_ERRNO | ENOSYS); /* its flags cannot be looked at; the C library takes clone instead */
#endif
  ask_of_arguments(&p, w);
  refuse_denied(&p, w->network);
  struct sock_fprog filter = {p.len, p.code};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) == 0;
}
#else
static bool refuse_calls(const wall *w) {
  (void)w;
  return false;
}
#endif

static bool seccomp_offered(void) {
#ifdef NATIVE
  uint32_t action = SECCOMP_RET_ERRNO;
  return BUILT_IN && syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
#else
  return false;
#endif
}

/* --- Landlock ------------------------------------------------------------------------------------------------------- */

#define TRUNCATE (1ULL << 14) /* since ABI 3, which older headers do not know */

#define READING   (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define REPLACING (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | TRUNCATE | READING)
#define FILLING   (REPLACING | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR)
#define OF_FILES  (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | TRUNCATE)

static int landlock_offered(void) {
  long abi = BUILT_IN ? syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) : 0;
  return abi > 0 ? (int)abi : 0;
}

/* All that the kernel knows to refuse, of what concerns files. */
static uint64_t handled(int abi, bool read_all) {
  uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (abi >= 2) all |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) all |= TRUNCATE;
  return read_all ? all & ~(uint64_t)READING : all;
}

wall_offer wall_offered(void) { return (wall_offer){seccomp_offered(), landlock_offered()}; }

static void allow(const wall *w, const char *path, uint64_t access) {
  struct stat st;
  int fd = open(path, O_PATH | O_CLOEXEC);
  if (fd < 0) return;
  access &= w->handled;
  if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode)) access &= OF_FILES;
  struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
  if (access) syscall(SYS_landlock_add_rule, w->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  close(fd);
}

/* Where the C library looks up what characters are, when somebody first asks. */
static const char *const characters[] = {"/usr/lib/locale", "/usr/share/locale"};

void wall_begin(wall *w) {
  int abi = landlock_offered();
  struct landlock_ruleset_attr attr = {.handled_access_fs = w->handled = handled(abi, w->read_all)};
  w->ruleset = abi ? (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr.handled_access_fs, 0) : -1;
  for (size_t i = 0; w->ruleset >= 0 && i < sizeof characters / sizeof *characters; i++) allow(w, characters[i], READING);
}

typedef void allower(wall *w, const char *path);

static void allow_reading(wall *w, const char *path) { allow(w, path, READING); }

enum { MOST_FOLDERS = 64 /* within each other */ };

/* Allows what links in a folder lead to. */
static void allow_links(wall *w, const char *folder, bool deep, allower *allowed, int level) {
  char path[PATH_MAX];
  DIR *open_folder = level < MOST_FOLDERS ? opendir(folder) : NULL;
  if (!open_folder) return;
  for (const struct dirent *entry; (entry = readdir(open_folder));) {
    if (entry->d_name[0] == '.' || (entry->d_type != DT_LNK && entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)) continue;
    if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path) continue;
    struct stat st;
    if (lstat(path, &st)) continue;
    if (S_ISDIR(st.st_mode) && deep) allow_links(w, path, deep, allowed, level + 1);
    else if (S_ISLNK(st.st_mode) && stat(path, &st) == 0 && S_ISREG(st.st_mode)) allowed(w, path);
  }
  closedir(open_folder);
}

void wall_read(wall *w, const char *path, bool deep) {
  if (w->ruleset < 0 || w->read_all) return;
  allow_reading(w, path);
  allow_links(w, path, deep, allow_reading, 0);
}

void wall_replace(wall *w, const char *path) {
  char target[PATH_MAX];
  if (w->ruleset < 0) return;
  if (!realpath(path, target)) snprintf(target, sizeof target, "%s", path);
  char *slash = strrchr(target, '/');
  allow(w, target, REPLACING);
  if (!slash) allow(w, ".", REPLACING);
  else {
    slash[slash == target] = '\0';
    allow(w, target, REPLACING);
  }
}

void wall_replace_all(wall *w, const char *path, bool deep) {
  if (w->ruleset < 0) return;
  wall_replace(w, path);
  allow(w, path, REPLACING);
  allow_links(w, path, deep, wall_replace, 0);
}

void wall_fill(wall *w, const char *folder) {
  if (w->ruleset >= 0) allow(w, folder, FILLING);
}

void wall_enter(wall *w) {
  if (!BUILT_IN || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
    if (w->ruleset >= 0) close(w->ruleset);
    return;
  }
  if (w->ruleset >= 0) {
    syscall(SYS_landlock_restrict_self, w->ruleset, 0);
    close(w->ruleset);
  }
  refuse_calls(w);
}
