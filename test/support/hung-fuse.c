// Mounts a FUSE file system at the directory it is given and never answers who looks up a file in it: that process waits in the
// kernel, and no signal ends it, until this server does. Says "mounted" once it is.
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static int fd;

static void answer(uint64_t unique, int error, const void *body, size_t size) {
  struct fuse_out_header head = {.len = sizeof head + size, .error = -error, .unique = unique};
  struct iovec parts[] = {{&head, sizeof head}, {(void *)body, size}};
  (void)!writev(fd, parts, size ? 2 : 1);
}

int main(int count, char **arguments) {
  static char request[1 << 18], options[128];
  if (count != 2 || (fd = open("/dev/fuse", O_RDWR | O_CLOEXEC)) < 0) return 1;
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
  if (mount("hung", arguments[1], "fuse.hung", 0, options)) return 2;
  puts("mounted");
  fflush(stdout);
  for (;;) {
    ssize_t length = read(fd, request, sizeof request);
    if (length < 0 && errno == ENODEV) return 0;
    if (length < (ssize_t)sizeof(struct fuse_in_header)) continue;
    struct fuse_in_header *head = (void *)request;
    if (head->opcode == FUSE_INIT) {
      struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096};
      answer(head->unique, 0, &out, sizeof out);
    } else if (head->opcode == FUSE_GETATTR) {
      struct fuse_attr_out out = {.attr_valid = 1000, .attr = {.ino = 1, .mode = S_IFDIR | 0755, .nlink = 2}};
      answer(head->unique, 0, &out, sizeof out);
    } else if (head->opcode == FUSE_STATFS) {
      struct fuse_statfs_out out = {.st = {.bsize = 4096, .namelen = 255}};
      answer(head->unique, 0, &out, sizeof out);
    } else if (head->opcode == FUSE_OPENDIR) {
      struct fuse_open_out out = {0};
      answer(head->unique, 0, &out, sizeof out);
    } else if (head->opcode != FUSE_LOOKUP && head->opcode != FUSE_FORGET && head->opcode != FUSE_INTERRUPT) {
      answer(head->unique, ENOSYS, NULL, 0);
    }
  }
}
