// Phase 4: the child's file system. Targets are found under a fd of the new root, sources on the host.
#include "shim.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define INSIDE (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

static int root = -1;

static int open_in(int directory, const char *path, int flags, uint64_t resolve) {
  struct open_how how = {.flags = (uint64_t)flags | O_CLOEXEC, .resolve = resolve};
  int fd;
  do fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
  while (fd < 0 && errno == EAGAIN);                      // a rename raced with the lookup
  return fd;
}

static int open_target(const char *path) { return open_in(root, path, O_PATH, INSIDE); }

enum kind { DIRECTORY, FILE_ };

// Opens a path in the root, making what is missing: parents as directories (0755), the last as `kind`. A dangling link is
// followed, and its end is made. The parts made so far are reopened from the root each time, so no link leads out.
static int make_target(const char *path, enum kind kind, mode_t mode) {
  static char whole[8192], part[8192], link[4096];
  must(strlen(path) < sizeof whole / 2, path);
  strcpy(whole, path);
  int links = 0;
  int fd = open_target(whole);
  if (fd >= 0 || errno != ENOENT) return fd;
  for (char *end = whole;;) {
    char *start = end + strspn(end, "/");
    end = start + strcspn(start, "/");
    bool last = end[strspn(end, "/")] == 0;
    memcpy(part, whole, end - whole);
    part[end - whole] = 0;
    fd = open_target(*part ? part : "/");
    if (fd < 0 && errno == ENOENT) {
      char name[256];
      must(end - start < 256, path);
      memcpy(name, start, end - start);
      name[end - start] = 0;
      part[start - whole] = 0;
      int parent = open_target(*part ? part : "/");
      if (parent < 0) return -1;
      int made = !last || kind == DIRECTORY ? mkdirat(parent, name, last ? mode : 0755)
                                            : mknodat(parent, name, S_IFREG | mode, 0);
      if (made && errno == EEXIST) {
        ssize_t length = readlinkat(parent, name, link, sizeof link - 1);
        if (length <= 0 || ++links > 40) errno = length <= 0 ? ENOENT : ELOOP;
        else made = 0;
        if (made || length + strlen(whole) + 2 > sizeof whole) { close(parent); return -1; }
        link[length] = 0;
        size_t kept = link[0] == '/' ? 0 : start - whole;
        memmove(part, end, strlen(end) + 1);              // the rest of the path
        strcpy(whole + kept, link);
        strcat(whole, part);
        close(parent);
        end = whole;
        continue;
      }
      if (made) { int error = errno; close(parent); errno = error; return -1; }
      fd = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
      close(parent);
    }
    if (fd < 0 || last) return fd;
    close(fd);
  }
}

static int split_parent(const char *path, const char **name) {
  static char parent[4096];
  must(strlen(path) < sizeof parent, path);
  strcpy(parent, path);
  char *slash = strrchr(parent, '/');
  *name = path + (slash ? slash + 1 - parent : 0);
  if (slash) *slash = 0;
  else parent[0] = 0;
  return make_target(*parent ? parent : "/", DIRECTORY, 0755);
}

static int attach(int tree, int target) {
  struct stat ours, theirs;
  int done = move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  // mount(2) has a better word for a directory on a file than move_mount.
  if (done && errno == EINVAL && !fstat(tree, &ours) && !fstat(target, &theirs))
    errno = S_ISDIR(ours.st_mode) == S_ISDIR(theirs.st_mode) ? EINVAL : ENOTDIR;
  return done;
}

static void attach_root(struct reader b) {
  static char at[4096];
  const char *where = text(&b);
  uint64_t propagation = get64(&b);
  must(!mount(NULL, "/", NULL, propagation, NULL), "propagation of /");
  if (propagation & MS_SHARED) {
    // The mount that holds the place must not hand ours on to the host: the nearest one at or above it.
    must(strlen(where) < sizeof at && *where == '/', where);
    strcpy(at, where);
    while (mount(NULL, at, NULL, MS_PRIVATE, NULL)) {
      if (errno != EINVAL || !at[1]) fail(&current, errno, where);
      char *slash = strrchr(at, '/');
      slash[slash == at] = 0;
    }
  }
  must(!move_mount(FD_TREE, "", AT_FDCWD, where, MOVE_MOUNT_F_EMPTY_PATH), where);
}

// Another container's mount, attached to a place of the host in our own mount namespace only. No link leads astray on the way to it.
static void share(struct reader b) {
  const char *namespace = text(&b), *source = text(&b), *where = text(&b);
  int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), other = open(namespace, O_RDONLY | O_CLOEXEC);
  must(own >= 0 && other >= 0, namespace);
  must(!setns(other, CLONE_NEWNS), namespace);
  int at = open_in(AT_FDCWD, source, O_PATH, RESOLVE_NO_SYMLINKS);
  must(at >= 0, source);
  int tree = open_tree(at, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
  must(tree >= 0, source);
  must(!setns(own, CLONE_NEWNS), "setns");
  must(!move_mount(tree, "", AT_FDCWD, where, MOVE_MOUNT_F_EMPTY_PATH), where);
  close(tree);
  close(at);
  close(other);
  close(own);
}

// In our own mount namespace only: a peer of the host's would take it away there, too.
static void unmount(const char *where) {
  must(!mount(NULL, where, NULL, MS_PRIVATE, NULL) && !umount2(where, MNT_DETACH), where);
}

// The kernel's own files are covered only where the plan names them so.
static void refuse_procfs(int at, const char *target) {
  struct statfs info;
  must(!fstatfs(at, &info), target);
  if (info.f_type == PROC_SUPER_MAGIC && strncmp(target, "/proc", 5)) fail(&current, EPERM, target);
}

static void set_attributes(int tree, struct mount_attr attributes, bool recursive, const char *what) {
  must(!mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes), what);
}

static void set_propagation(int tree, uint64_t propagation, const char *what) {
  struct mount_attr spread = {.propagation = propagation & ~(uint64_t)MS_REC};
  if (spread.propagation) set_attributes(tree, spread, propagation & MS_REC, what);
}

static void copy_tree(int from, int to, int depth) {
  DIR *directory = fdopendir(from);
  must(directory && depth < 64, "copy");
  for (struct dirent *entry; (entry = readdir(directory));) {
    const char *name = entry->d_name;
    struct stat info;
    if (!strcmp(name, ".") || !strcmp(name, "..")) continue;
    must(!fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW), name);
    if (S_ISLNK(info.st_mode)) {
      char where[4096];
      ssize_t length = readlinkat(from, name, where, sizeof where - 1);
      must(length >= 0, name);
      where[length] = 0;
      must(!symlinkat(where, to, name), name);
    } else if (S_ISDIR(info.st_mode)) {
      must(!mkdirat(to, name, 0700), name);
      int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      int copy = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      must(source >= 0 && copy >= 0, name);
      copy_tree(source, copy, depth + 1);
      close(copy);
    } else if (S_ISREG(info.st_mode)) {
      int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
      int copy = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      must(source >= 0 && copy >= 0, name);
      static char buffer[65536];
      for (ssize_t length; (length = read(source, buffer, sizeof buffer)) != 0;)
        must(length > 0 && write(copy, buffer, length) == length, name);
      close(source);
      close(copy);
    } else {
      must(!mknodat(to, name, info.st_mode, info.st_rdev), name);
    }
    must(!fchownat(to, name, info.st_uid, info.st_gid, AT_SYMLINK_NOFOLLOW), name);
    if (!S_ISLNK(info.st_mode)) must(!fchmodat(to, name, info.st_mode & 07777, 0), name);
    struct timespec times[2] = {info.st_atim, info.st_mtim};
    must(!utimensat(to, name, times, AT_SYMLINK_NOFOLLOW), name);
  }
  closedir(directory);
}

// Without options: the empty one that masks, read-only through and through; `label` is SELinux's, of all its files.
static int new_filesystem(const char *type, const char *source, struct reader *options, uint64_t attributes, const char *mode,
                          const char *label) {
  int context = fsopen(type, FSOPEN_CLOEXEC);
  must(context >= 0, type);
  if (*source) must(!fsconfig(context, FSCONFIG_SET_STRING, "source", source, 0), source);
  for (uint32_t count = options ? get32(options) : 0; count; count--) {
    const char *key = text(options);
    const char *value = get8(options) ? text(options) : NULL;
    must(!fsconfig(context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0), key);
  }
  if (!options) must(!fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0), "ro");
  if (mode) must(!fsconfig(context, FSCONFIG_SET_STRING, "mode", mode, 0), "mode");
  if (*label) must(!fsconfig(context, FSCONFIG_SET_STRING, "context", label, 0), label);
  must(!fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
  int tree = fsmount(context, FSMOUNT_CLOEXEC, attributes);
  must(tree >= 0, type);
  close(context);
  return tree;
}

static void mount_new(struct reader b) {
  const char *type = text(&b), *source = text(&b), *target = text(&b);
  struct reader options = b;
  for (uint32_t count = get32(&b); count; count--) {
    text(&b);
    if (get8(&b)) text(&b);
  }
  uint64_t attributes = get64(&b);
  bool copy = get8(&b), inherit = get32(&b) == UINT32_MAX;
  uint64_t propagation = get64(&b);
  char mode[8];
  struct stat before;
  // What reads like the kernel's own files must lie where it says: a link of the image's there is refused.
  bool kernel = !strcmp(type, "proc") || !strcmp(type, "sysfs");
  int at = open_in(root, target, O_PATH, INSIDE | (kernel ? RESOLVE_NO_SYMLINKS : 0));
  if (at < 0 && errno != ENOENT) fail(&current, errno, target);
  inherit = inherit && at >= 0 && !fstat(at, &before);
  if (inherit) snprintf(mode, sizeof mode, "%o", before.st_mode & 07777);
  if (at < 0) at = make_target(target, DIRECTORY, 0755);
  must(at >= 0, target);
  refuse_procfs(at, target);
  int tree = new_filesystem(type, source, &options, copy ? attributes & ~(uint64_t)MOUNT_ATTR_RDONLY : attributes, inherit ? mode : NULL, "");
  if (copy) {
    int from = open_in(root, target, O_RDONLY | O_DIRECTORY, INSIDE);
    struct stat info;
    must(from >= 0 && !fstat(from, &info), target);
    must(!fchownat(tree, "", info.st_uid, info.st_gid, AT_EMPTY_PATH), target);
    must(!fchmodat(tree, ".", info.st_mode & 07777, 0), target);
    copy_tree(from, tree, 0);
    struct mount_attr only = {.attr_set = MOUNT_ATTR_RDONLY};
    if (attributes & MOUNT_ATTR_RDONLY) set_attributes(tree, only, false, target);
  }
  must(!attach(tree, at), target);
  set_propagation(tree, propagation, target);
  close(tree);
  close(at);
}

struct source { const char *path, *target; bool recursive, recursive_attributes; struct mount_attr attributes; uint64_t propagation; };

static struct source source_of(struct reader b) {
  struct source of = {.path = text(&b), .target = text(&b)};
  of.recursive = get8(&b);
  of.attributes.attr_set = get64(&b);
  of.attributes.attr_clr = get64(&b);
  of.recursive_attributes = get8(&b);
  of.propagation = get64(&b);
  return of;
}

static int clone_tree(const struct source *of) {
  return open_tree(AT_FDCWD, of->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (of->recursive ? AT_RECURSIVE : 0));
}

static bool give_attributes(int tree, struct source *of) {
  if (!of->attributes.attr_set && !of->attributes.attr_clr) return true;
  int flags = AT_EMPTY_PATH | (of->recursive_attributes ? AT_RECURSIVE : 0);
  return !mount_setattr(tree, "", flags, &of->attributes, sizeof of->attributes);
}

static struct { uint32_t step; int tree; } found[512];
static int found_count;

// Another container's /dev/shm by its own namespace, from which the shim comes back at once.
static int tree_of_other(struct reader b) {
  const char *namespace = text(&b), *source = text(&b);
  int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), other = open(namespace, O_RDONLY | O_CLOEXEC), tree = -1;
  if (own >= 0 && other >= 0 && !setns(other, CLONE_NEWNS)) {
    int at = open_in(AT_FDCWD, source, O_PATH, RESOLVE_NO_SYMLINKS);
    if (at >= 0) tree = open_tree(at, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (setns(own, CLONE_NEWNS) || chdir("/")) _exit(1);
    if (at >= 0) close(at);
  }
  if (own >= 0) close(own);
  if (other >= 0) close(other);
  return tree;
}

void find_trees(void) {
  struct reader r = plan.body;
  struct step s;
  const char *shared_at = NULL;
  int shared = -1;
  while (next_step(&r, &s) && s.op != OP_GATE) {
    if (s.op == OP_SHARE) {
      struct reader b = s.body;
      shared = tree_of_other(b);
      text(&b);
      text(&b);
      shared_at = text(&b);
      if (shared < 0) give_up(s.index, s.op, errno, shared_at);
    }
    if (s.op != OP_BIND) continue;
    struct source of = source_of(s.body);
    bool other = shared_at && !strcmp(of.path, shared_at);
    if (found_count == sizeof found / sizeof *found) give_up(s.index, s.op, E2BIG, of.target);
    int tree = other ? shared : clone_tree(&of);
    if (tree < 0) give_up(s.index, s.op, errno, of.path);
    if (!give_attributes(tree, &of)) give_up(s.index, s.op, errno, of.target);
    found[found_count].step = s.index;
    found[found_count++].tree = tree;
  }
}

void close_trees(void) {
  while (found_count) close(found[--found_count].tree);
}

static int found_tree(uint32_t step) {
  for (int i = 0; i < found_count; i++) if (found[i].step == step) return found[i].tree;
  return -1;
}

static void bind(struct reader b) {
  struct source of = source_of(b);
  const char *target = of.target;
  bool ready = shim.own_ids;
  int tree = ready ? found_tree(current.index) : clone_tree(&of);
  must(tree >= 0, of.path);
  struct stat info;
  must(!fstat(tree, &info), of.path);
  bool directory = S_ISDIR(info.st_mode);
  int at = make_target(target, directory ? DIRECTORY : FILE_, directory ? 0755 : 0644);
  must(at >= 0, target);
  refuse_procfs(at, target);
  must(ready || give_attributes(tree, &of), target);
  must(!attach(tree, at), target);
  set_propagation(tree, of.propagation, target);
  close(tree);
  close(at);
}

static void change_attributes(struct reader b) {
  const char *target = text(&b);
  struct mount_attr attributes = {.attr_set = get64(&b)};
  attributes.attr_clr = get64(&b);
  int at = open_target(target);
  must(at >= 0, target);
  set_attributes(at, attributes, get8(&b), target);
  close(at);
}

static void relabel(struct reader b) {
  const char *target = text(&b), *label = text(&b);
  int at = open_in(root, target, O_RDONLY | O_DIRECTORY, INSIDE);
  must(at >= 0 && (!fsetxattr(at, "security.selinux", label, strlen(label), 0) || errno == EOPNOTSUPP), target);
  close(at);
}

static void make_link(struct reader b) {
  const char *where = text(&b), *target = text(&b), *name;
  int parent = split_parent(target, &name);
  must(parent >= 0, target);
  if (get8(&b)) must(!unlinkat(parent, name, 0) || errno == ENOENT, target);
  must(!symlinkat(where, parent, name) || errno == EEXIST, target);
  close(parent);
}

static void make_device(struct reader b) {
  const char *target = text(&b), *name;
  uint32_t letter = get32(&b), major = get32(&b), minor = get32(&b), mode = get32(&b), uid = get32(&b), gid = get32(&b);
  mode_t type = letter == 'c' ? S_IFCHR : letter == 'b' ? S_IFBLK : S_IFIFO;
  dev_t number = type == S_IFIFO ? 0 : makedev(major, minor);
  int parent = split_parent(target, &name);
  must(parent >= 0, target);
  bool made = !mknodat(parent, name, type | (mode & 0777), number);
  if (!made && errno == EPERM) {
    // In a user namespace: the host's node, if it is what the plan says.
    struct stat info;
    int tree = open_tree(AT_FDCWD, target, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    must(tree >= 0 && !fstat(tree, &info), target);
    if ((info.st_mode & S_IFMT) != type || info.st_rdev != number) fail(&current, EPERM, target);
    int at = make_target(target, FILE_, 0644);
    must(at >= 0 && !attach(tree, at), target);
    close(tree);
    close(at);
  } else if (!made) {
    if (errno != EEXIST) fail(&current, errno, target);
  } else {
    must(!fchmodat(parent, name, mode & 07777, 0), target);
    must(!fchownat(parent, name, uid, gid, AT_SYMLINK_NOFOLLOW), target);
  }
  close(parent);
}

static void make_directory(struct reader b) {
  const char *target = text(&b);
  uint32_t mode = get32(&b);
  int fd = make_target(target, DIRECTORY, mode);
  must(fd >= 0, target);
  close(fd);
}

// The pty is the container's own; the master goes to the shim, the slave becomes the controlling terminal at the gate.
static void open_console(struct reader b) {
  const char *target = text(&b);
  uint32_t uid = get32(&b);
  struct statfs info;
  int unlock = 0;
  int master = open_in(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, INSIDE | RESOLVE_NO_SYMLINKS);
  must(master >= 0, "/dev/pts/ptmx");
  must(!fstatfs(master, &info), "/dev/pts/ptmx");
  if (info.f_type != DEVPTS_SUPER_MAGIC) fail(&current, ENOTTY, "/dev/pts/ptmx");
  must(!ioctl(master, TIOCSPTLCK, &unlock), "unlock pty");
  child_tty = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  must(child_tty >= 0, "open pty");
  struct winsize size = {.ws_row = plan.rows, .ws_col = plan.columns};
  if (plan.rows || plan.columns) must(!ioctl(master, TIOCSWINSZ, &size), "window size");
  must(!fchown(child_tty, uid, -1), "owner of the pty");
  if (*target) {
    int tree = open_tree(child_tty, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    must(tree >= 0, target);
    int at = make_target(target, FILE_, 0620);
    must(at >= 0, target);
    refuse_procfs(at, target);
    must(!attach(tree, at), target);
    close(tree);
    close(at);
  }
  must(send_fd(child_sync, "T", 1, master), "send pty");
  close(master);
}

static void pivot(struct reader b) {
  bool readonly = get8(&b);
  uint64_t propagation = get64(&b);
  struct mount_attr only = {.attr_set = MOUNT_ATTR_RDONLY};
  must(!fchdir(root), "root");
  must(!syscall(SYS_pivot_root, ".", "."), "pivot_root");
  must(!umount2(".", MNT_DETACH), "detach the old root");
  must(!chdir("/"), "/");
  set_propagation(root, propagation, "/");
  if (readonly) set_attributes(root, only, false, "/");
}

static void write_sysctl(struct reader b) {
  const char *path = text(&b), *value = text(&b);
  struct statfs info;
  int proc = open_in(root, "/proc/sys", O_PATH | O_DIRECTORY, INSIDE | RESOLVE_NO_SYMLINKS);
  must(proc >= 0 && !fstatfs(proc, &info), path);
  if (info.f_type != PROC_SUPER_MAGIC) fail(&current, EINVAL, path);
  int fd = open_in(proc, path, O_WRONLY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
  must(fd >= 0, path);
  must(write(fd, value, strlen(value)) == (ssize_t)strlen(value), "write");
  close(fd);
  close(proc);
}

static void mask(struct reader b) {
  const char *path = text(&b), *label = text(&b);
  struct stat info;
  static int empty = -1;
  int at = open_target(path);
  if (at < 0 && (errno == ENOENT || errno == ENOTDIR)) return;
  must(at >= 0 && !fstat(at, &info), path);
  int tree;
  if (S_ISDIR(info.st_mode)) {
    if (empty < 0) {
      empty = new_filesystem("tmpfs", "tmpfs", NULL, MOUNT_ATTR_RDONLY, NULL, label);
      tree = empty;
    } else {
      tree = open_tree(empty, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    }
  } else {
    int null = open_target("/dev/null");
    must(null >= 0 && !fstat(null, &info), "/dev/null");
    if (!S_ISCHR(info.st_mode) || info.st_rdev != makedev(1, 3)) fail(&current, EINVAL, "/dev/null");
    tree = open_tree(null, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    close(null);
  }
  must(tree >= 0 && !attach(tree, at), path);
  if (tree != empty) close(tree);
  close(at);
}

static void make_readonly(const char *path) {
  struct mount_attr only = {.attr_set = MOUNT_ATTR_RDONLY};
  int at = open_target(path);
  if (at < 0 && (errno == ENOENT || errno == ENOTDIR)) return;
  must(at >= 0, path);
  int tree = open_tree(at, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
  must(tree >= 0, path);
  set_attributes(tree, only, true, path);
  must(!attach(tree, at), path);
  close(tree);
  close(at);
}

void mount_phase(int tree) {
  umask(0);
  struct reader r = plan.body;
  root = tree >= 0 ? tree : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  must(root >= 0, "/");
  while (next_step(&r, &current) && current.op != OP_GATE) {
    struct reader b = current.body;
    const char *name;
    switch (current.op) {
      case OP_ROOT:
        attach_root(b);
        if (shim.own_ids) become_root();
        break;
      case OP_SHARE:
        if (!shim.own_ids) share(b);
        break;
      case OP_UNMOUNT: unmount(text(&b)); break;
      case OP_MOUNT: mount_new(b); break;
      case OP_BIND: bind(b); break;
      case OP_ATTRIBUTES: change_attributes(b); break;
      case OP_RELABEL: relabel(b); break;
      case OP_KEYRING: join_keyring(b); break;
      case OP_MKDIR: make_directory(b); break;
      case OP_SYMLINK: make_link(b); break;
      case OP_DEVICE: make_device(b); break;
      case OP_CONSOLE: open_console(b); break;
      case OP_HOOK: run_hook(b); break;
      case OP_PIVOT: pivot(b); break;
      case OP_SYSCTL: write_sysctl(b); break;
      case OP_MASK: mask(b); break;
      case OP_READONLY: make_readonly(text(&b)); break;
      case OP_HOSTNAME: name = text(&b); must(!sethostname(name, strlen(name)), name); break;
      case OP_DOMAINNAME: name = text(&b); must(!setdomainname(name, strlen(name)), name); break;
      default: break;                                     // the shim's
    }
  }
  umask(022);
}
