/* racer A B: lets two entries of a folder change places, over and over, until its standard input ends. */
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct pollfd parent = {STDIN_FILENO, POLLIN, 0};
  if (argc != 3) return 2;
  while (!poll(&parent, 1, 0))
    for (int i = 0; i < 100; i++)
      if (syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE)) return perror("racer"), 1;
  return 0;
}
