// Called as tug-copy PARENT WORD…: copies what is in the directory FROM into the directory TO, both born open, and says on stdout how
// many bytes that would have been in an archive, a line each time there is something new to say. A failure is the last line, `!ERRNO WHERE`.
// Works on names in open directories: it follows no symlink and leaves neither directory, whoever moves things meanwhile.
// It ends with PARENT, who alone knows that a copy is not whole. Nothing is freed or closed that ends with the process anyway.
#include "shim.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { FROM = 3, TO = 4, SMALL = 1 << 16, SLICE = 1 << 23, DEEPEST = 2048, BUCKETS = 1 << 12, HEAD = 512, PAUSE = 100 /* ms */ };

static struct {
  bool keeps_owners;                                      // new files have the owners of the old ones
  bool gives;                                             // they have this owner
  uid_t uid;
  gid_t gid;
  bool xattrs, capabilities, seconds, replace, top;                     // see src/host/processes/copy-tree.ts
  int links;                                              // how far up a symlink may lead; -1: wherever it likes
  uint64_t from, to;                                      // how names are resolved on either side
} wish = {.links = -1};

static char where[DEEPEST * 2 + NAME_MAX + 2];            // the place below both directories
static size_t length;
static uint64_t bytes, told;
static struct stat itself;

static _Noreturn void stop(void) {
  int error = errno;
  dprintf(STDOUT_FILENO, "!%d %s\n", error, where);
  _exit(1);
}

static _Noreturn void refuse(int error) {
  errno = error;
  stop();
}

static void tell(void) {
  static struct timespec last;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if ((now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000 < PAUSE) return;
  // Nobody listens: the copy is not wanted any more.
  if (last.tv_sec && bytes != told && dprintf(STDOUT_FILENO, "%llu\n", (unsigned long long)bytes) < 0) _exit(1);
  told = bytes, last = now;
}

static void count(uint64_t size) {
  bytes += HEAD + (size + HEAD - 1) / HEAD * HEAD;
  bool plain = length <= 256;
  for (size_t i = 0; i < length; i++) plain = plain && where[i] >= ' ' && where[i] <= '~';
  if (!plain) bytes += 2 * HEAD;                          // a record of its own has the name
  tell();
}

static int open_at(int directory, const char *path, int flags, uint64_t resolve) {
  struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = resolve};
  if (!resolve) return openat(directory, path, flags | O_CLOEXEC);
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// What is in the way of a new file goes, but for a directory.
static bool in_the_way(int to, const char *name) {
  if (errno != EEXIST || !wish.replace) return false;
  return unlinkat(to, name, 0) == 0 || errno == ENOENT;
}

static int create(int to, const char *name, mode_t mode) {
  for (int tries = 2;; tries--) {
    int fd = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd >= 0) return fd;
    if (!tries || !in_the_way(to, name)) stop();
  }
}

static void send(int source, int target, uint64_t left) {
  static bool no_range;
  while (left > 0) {
    size_t most = left < SLICE ? left : SLICE;
    ssize_t sent = no_range ? -1 : copy_file_range(source, NULL, target, NULL, most, 0);
    if (sent < 0) no_range = true, sent = sendfile(target, source, NULL, most);
    if (sent < 0) stop();
    if (sent == 0) return;                                // it has become shorter meanwhile
    left -= (uint64_t)sent, bytes += (uint64_t)sent;
    tell();
  }
}

static void copy_contents(int source, int target, uint64_t size) {
  static char buffer[SMALL];
  if (size > SMALL) {
    uint64_t before = bytes;
    send(source, target, size);
    bytes = before;
    return;
  }
  for (size_t done = 0; done < size;) {
    ssize_t got = read(source, buffer, size - done);
    if (got < 0) stop();
    if (got == 0) return;
    for (ssize_t written = 0; written < got;) {
      ssize_t put = write(target, buffer + written, (size_t)(got - written));
      if (put < 0) stop();
      written += put;
    }
    done += (size_t)got;
  }
}

// Of an open file, or with `fd` -1 of what the path names, which is no symlink's but its own.
static void copy_xattrs(int source, const char *from, int target, const char *to) {
  static char names[XATTR_LIST_MAX], value[XATTR_SIZE_MAX];
  ssize_t size = source >= 0 ? flistxattr(source, names, sizeof names) : llistxattr(from, names, sizeof names);
  for (char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
    // A label is its place's: a new file has its directory's.
    if (!strncmp(name, "trusted.overlay.", 16) || !strcmp(name, "security.selinux")) continue;
    ssize_t got = source >= 0 ? fgetxattr(source, name, value, sizeof value) : lgetxattr(from, name, value, sizeof value);
    if (got < 0) stop();
    if (target >= 0 ? fsetxattr(target, name, value, (size_t)got, 0) : lsetxattr(to, name, value, (size_t)got, 0)) stop();
  }
}

static void copy_capabilities(int source, int target) {
  static const char name[] = "security.capability";
  char value[64];
  ssize_t got = fgetxattr(source, name, value, sizeof value);
  if (got > 0 && fsetxattr(target, name, value, (size_t)got, 0)) stop();
}

static void owner_of(const struct stat *status, const struct stat *now, uid_t *uid, gid_t *gid) {
  const struct stat *like = wish.keeps_owners ? status : now;
  *uid = wish.gives ? wish.uid : like->st_uid;
  *gid = wish.gives ? wish.gid : like->st_gid;
}

static void times_of(const struct stat *status, struct timespec times[2]) {
  times[0] = times[1] = status->st_mtim;
  if (wish.seconds) times[0].tv_nsec = times[1].tv_nsec = 0;
}

// Owner first, which takes setuid bits and file capabilities away; times last. What is right already stays.
static void dress(int source, int target, const struct stat *status) {
  struct stat now;
  struct timespec times[2];
  uid_t uid;
  gid_t gid;
  if (fstat(target, &now)) stop();
  owner_of(status, &now, &uid, &gid);
  bool chowns = uid != now.st_uid || gid != now.st_gid;
  if (chowns && fchown(target, uid, gid)) stop();
  if ((chowns || (status->st_mode & 07777) != (now.st_mode & 07777)) && fchmod(target, status->st_mode & 07777)) stop();
  if (wish.xattrs) copy_xattrs(source, NULL, target, NULL);
  if (wish.capabilities) copy_capabilities(source, target);
  times_of(status, times);
  if (futimens(target, times)) stop();
}

// The same of what cannot be opened.
static void dress_named(int from, int to, const char *name, const struct stat *status) {
  char source[NAME_MAX + 32], target[NAME_MAX + 32];
  struct stat now;
  struct timespec times[2];
  uid_t uid;
  gid_t gid;
  if (fstatat(to, name, &now, AT_SYMLINK_NOFOLLOW)) stop();
  owner_of(status, &now, &uid, &gid);
  bool chowns = uid != now.st_uid || gid != now.st_gid;
  if (chowns && fchownat(to, name, uid, gid, AT_SYMLINK_NOFOLLOW)) stop();
  if (!S_ISLNK(status->st_mode) && (chowns || (status->st_mode & 07777) != (now.st_mode & 07777))) {
    // By an fd that stands for it: chmod(2) would follow a symlink that has taken its place.
    int fd = openat(to, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    snprintf(target, sizeof target, "/proc/self/fd/%d", fd);
    if (fd < 0 || fstat(fd, &now)) stop();
    if (S_ISLNK(now.st_mode)) refuse(ELOOP);
    if (chmod(target, status->st_mode & 07777)) stop();
    close(fd);
  }
  snprintf(source, sizeof source, "/proc/self/fd/%d/%s", from, name);
  snprintf(target, sizeof target, "/proc/self/fd/%d/%s", to, name);
  if (wish.xattrs) copy_xattrs(-1, source, -1, target);
  times_of(status, times);
  if (utimensat(to, name, times, AT_SYMLINK_NOFOLLOW)) stop();
}

// Files with several names, and where the first of them lies in the copy.
static struct link { struct link *next; dev_t device; ino_t inode; char *place; } *links[BUCKETS];

// Gives the copy of a file that was met before another name; otherwise remembers this one.
static bool linked(int to, const char *name, const struct stat *status) {
  struct link **at = &links[status->st_ino % BUCKETS];
  if (status->st_nlink < 2) return false;
  for (struct link *one = *at; one; one = one->next) {
    if (one->inode != status->st_ino || one->device != status->st_dev) continue;
    char *slash = strrchr(one->place, '/');
    int directory = TO;
    if (slash) {
      *slash = 0;
      directory = open_at(TO, one->place, O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | wish.to);
      *slash = '/';
      if (directory < 0) stop();
    }
    const char *first = slash ? slash + 1 : one->place;
    while (linkat(directory, first, to, name, 0))
      if (!in_the_way(to, name)) stop();
    if (slash) close(directory);
    return true;
  }
  struct link *one = malloc(sizeof *one);
  char *place = strdup(where);
  if (!one || !place) refuse(ENOMEM);
  *one = (struct link){*at, status->st_dev, status->st_ino, place};
  *at = one;
  return false;
}

static void copy_file(int from, int to, const char *name) {
  struct stat status;
  // One that has become a fifo keeps nobody waiting.
  int source = open_at(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, wish.from);
  if (source < 0 && errno == ENOENT) return;              // gone meanwhile
  if (source < 0 || fstat(source, &status)) stop();
  if (!S_ISREG(status.st_mode)) refuse(EAGAIN);
  if (linked(to, name, &status)) {
    count(0);
    close(source);
    return;
  }
  int target = create(to, name, status.st_mode & 0777);
  copy_contents(source, target, (uint64_t)status.st_size);
  dress(source, target, &status);
  close(target);
  close(source);
  count((uint64_t)status.st_size);
}

// How many of the directories above, that are the copy's, the text goes through.
static void check_link(const char *text) {
  int up = wish.links;
  for (size_t i = 0; i < length; i++) up += where[i] == '/';
  while (*text) {
    size_t part = strcspn(text, "/");
    if (part == 2 && text[0] == '.' && text[1] == '.') up--;
    else if (part > 0 && !(part == 1 && *text == '.')) up++;
    if (up < 0) refuse(EXDEV);
    text += part + (text[part] == '/');
  }
}

static void copy_other(int from, int to, const char *name) {
  struct stat status;
  char text[PATH_MAX];
  ssize_t size = 0;
  if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW)) {
    if (errno == ENOENT) return;
    stop();
  }
  if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) refuse(EAGAIN);
  if (wish.replace && S_ISSOCK(status.st_mode)) return;   // it means something only to who listens
  if (S_ISCHR(status.st_mode) && status.st_rdev == 0) return;  // an overlay's mark of what is not there
  if (!linked(to, name, &status)) {
    if (S_ISLNK(status.st_mode) && (size = readlinkat(from, name, text, sizeof text - 1)) < 0) stop();
    text[size] = 0;
    if (S_ISLNK(status.st_mode) && wish.links >= 0) check_link(text);
    while (S_ISLNK(status.st_mode) ? symlinkat(text, to, name) : mknodat(to, name, status.st_mode, status.st_rdev))
      if (!in_the_way(to, name)) stop();
    dress_named(from, to, name, &status);
  }
  count(0);
}

static void copy_entries(int from, int to, int depth);

static void copy_directory(int from, int to, const char *name, int depth) {
  struct stat status;
  int source = open_at(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, wish.from);
  if (source < 0 && errno == ENOENT) return;
  if (source < 0 || fstat(source, &status)) stop();
  // What is copied into itself has no end.
  if (depth > DEEPEST || (status.st_dev == itself.st_dev && status.st_ino == itself.st_ino)) refuse(ELOOP);
  if (mkdirat(to, name, 0700) && (errno != EEXIST || !wish.replace)) stop();
  int target = open_at(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, wish.to);
  if (target < 0) stop();
  count(0);
  copy_entries(source, target, depth + 1);
  dress(source, target, &status);
  close(target);
  close(source);
}

static void copy_entry(int from, int to, const char *name, unsigned char type, int depth) {
  struct stat status;
  size_t before = length, size = strlen(name);
  if (length + size + 2 > sizeof where) refuse(ENAMETOOLONG);
  if (length) where[length++] = '/';
  memcpy(where + length, name, size + 1);
  length += size;
  if (type == DT_UNKNOWN && fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) == 0) type = IFTODT(status.st_mode);
  if (type == DT_DIR) copy_directory(from, to, name, depth);
  else if (type == DT_REG) copy_file(from, to, name);
  else copy_other(from, to, name);
  where[length = before] = 0;
}

struct entry { uint64_t inode; int64_t next; uint16_t size; unsigned char type; char name[]; };

// All names are read before the first is copied: what comes in meanwhile is not gone into.
static void copy_entries(int from, int to, int depth) {
  size_t size = 0, room = 1 << 15;
  char *names = malloc(room);
  for (long got = 1; names && got > 0; size += (size_t)got) {
    if (room - size < 1 << 14) names = realloc(names, room *= 2);
    if (names && (got = syscall(SYS_getdents64, from, names + size, room - size)) < 0) stop();
  }
  if (!names) refuse(ENOMEM);
  for (size_t at = 0; at < size;) {
    struct entry *one = (struct entry *)(names + at);
    if (strcmp(one->name, ".") && strcmp(one->name, "..")) copy_entry(from, to, one->name, one->type, depth);
    at += one->size;
  }
  free(names);
}

static void wish_for(char *word) {
  unsigned uid, gid;
  if (!strcmp(word, "owners")) wish.keeps_owners = true;
  else if (sscanf(word, "owner=%u:%u", &uid, &gid) == 2) wish.gives = true, wish.uid = uid, wish.gid = gid;
  else if (!strcmp(word, "xattrs")) wish.xattrs = true;
  else if (!strcmp(word, "capabilities")) wish.capabilities = true;
  else if (!strcmp(word, "seconds")) wish.seconds = true;
  else if (!strcmp(word, "replace")) wish.replace = true;
  else if (!strcmp(word, "top")) wish.top = true;
  else if (!strcmp(word, "within=from")) wish.from = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  else if (!strcmp(word, "within=to")) wish.to = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  else if (sscanf(word, "links=%d", &wish.links) != 1) refuse(EINVAL);
}

int run_copy(char **words) {
  struct stat status;
  struct rlimit files;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!*words || getppid() != atoi(*words)) return 1;
  for (words++; *words; words++) wish_for(*words);
  umask(0);
  // Two are open for each level.
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) files.rlim_cur = files.rlim_max, setrlimit(RLIMIT_NOFILE, &files);
  if (fstat(TO, &itself) || fstat(FROM, &status)) stop();
  count(0);
  copy_entries(FROM, TO, 0);
  if (wish.top) dress(FROM, TO, &status);
  bytes += 2 * HEAD;
  return dprintf(STDOUT_FILENO, "%llu\n", (unsigned long long)bytes) < 0;
}
