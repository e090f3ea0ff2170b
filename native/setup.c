// The shim until the child waits at its gate: cgroups, namespaces to join, clone, network.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct shim shim = {.sync = -1, .net = -1, .pidfd = -1, .mntns = -1, .log = -1, .in = -1, .out = -1, .err = -1, .into = -1, .init_pidfd = -1, .netns = -1};

#define need(condition, s, what) do { if (!(condition)) give_up((s)->index, (s)->op, errno, what); } while (0)

bool send_fd(int to, const void *buffer, size_t size, int fd) {
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec part = {(void *)buffer, size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return sendmsg(to, &message, MSG_NOSIGNAL) == (ssize_t)size;
}

// One message and the fd that came with it, or -1.
int receive_fd(int from, void *buffer, size_t size, ssize_t *length) {
  char control[CMSG_SPACE(sizeof(int))];
  int fd = -1;
  struct iovec part = {buffer, size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  do *length = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
  while (*length < 0 && errno == EINTR);
  struct cmsghdr *header = *length >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
  if (header && header->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

static void make_cgroup(const struct step *s, const char *path) {
  static char part[4096];
  need(strlen(path) < sizeof part, s, path);
  strcpy(part, path);
  if (!mkdir(part, 0755) || errno == EEXIST) return;
  for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    need(!mkdir(part, 0755) || errno == EEXIST || errno == EROFS, s, part);
    *slash = '/';
  }
  need(!mkdir(part, 0755) || errno == EEXIST, s, part);
}

// Several values for one file come one after another (device rules): it is opened once. NULL closes the last.
static void write_file(const struct step *s, struct reader *b) {
  static const char *last = "";
  static int fd = -1;
  const char *path = b ? text(b) : "";
  if (fd >= 0 && strcmp(path, last)) {
    close(fd);
    fd = -1;
  }
  last = path;
  if (!b) return;
  const char *value = text(b);
  bool optional = get8(b);
  if (fd < 0) fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 && optional && errno == ENOENT) return;
  need(fd >= 0, s, path);
  need(write(fd, value, strlen(value)) == (ssize_t)strlen(value), s, path);
}

// cgroup v2 has no device files: a program answers for every access.
static void attach_device_program(const struct step *s, struct reader b) {
  const char *cgroup = text(&b);
  uint32_t length;
  const unsigned char *program = blob(&b, &length);
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insn_cnt = length / 8};
  load.insns = (uintptr_t)program;
  load.license = (uintptr_t)"GPL";
  int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  need(fd >= 0, s, "device program");
  int directory = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  need(directory >= 0, s, cgroup);
  union bpf_attr attach = {.target_fd = directory};
  attach.attach_bpf_fd = fd;
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  need(!syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach), s, cgroup);
  close(directory);
  close(fd);
}

static int open_namespace(const struct step *s, struct reader b, uint64_t *type) {
  *type = get64(&b);
  const char *path = text(&b);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  need(fd >= 0, s, path);
  int found = ioctl(fd, NS_GET_NSTYPE);
  need(found >= 0, s, path);
  if ((uint64_t)found != *type) give_up(s->index, s->op, EINVAL, path);
  // The pid namespace is for children only: ours must be one of its members from the start.
  if (*type == CLONE_NEWPID) need(!setns(fd, CLONE_NEWPID), s, path);
  return fd;
}

// The container's own shim hands out the pidfd of its init: a number could by now be another's.
static void ask_for_init(const struct step *s, uint64_t types) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/proc/self/fd/7/sock"};
  struct timeval patience = {5, 0};
  char answer[8] = {0};
  ssize_t length = 0;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  need(fd >= 0, s, "socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  need(!connect(fd, (struct sockaddr *)&address, sizeof address), s, "connect");
  need(write(fd, "TUG\1P\0", 6) == 6, s, "ask for init");
  for (int i = 0; i < 2 && shim.init_pidfd < 0; i++) {    // its version first, then the answer
    shim.init_pidfd = receive_fd(fd, answer, sizeof answer, &length);
    if (length <= 0) break;
  }
  close(fd);
  if (shim.init_pidfd < 0) give_up(s->index, s->op, ESRCH, "init");
  shim.init_types = types;
  if (types & CLONE_NEWPID) need(!setns(shim.init_pidfd, CLONE_NEWPID), s, "setns");
}

void setup(void) {
  struct reader r = plan.body;
  struct step s;
  while (next_step(&r, &s) && s.op <= OP_CLONE) {
    struct reader b = s.body;
    const char *path;
    switch (s.op) {
      case OP_CGROUP_MAKE: make_cgroup(&s, text(&b)); break;
      case OP_WRITE: write_file(&s, &b); break;
      case OP_CGROUP_JOIN:
        path = text(&b);
        shim.joins[shim.join_count] = open(path, O_WRONLY | O_CLOEXEC);
        need(shim.joins[shim.join_count++] >= 0, &s, path);
        break;
      case OP_CGROUP_INTO:
        path = text(&b);
        shim.into = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        need(shim.into >= 0, &s, path);
        break;
      case OP_DEVICE_PROGRAM: attach_device_program(&s, b); break;
      case OP_JOIN_NAMESPACE:
        shim.namespaces[shim.namespace_count] = open_namespace(&s, b, &shim.namespace_types[shim.namespace_count]);
        shim.namespace_count++;
        break;
      case OP_JOIN_INIT: ask_for_init(&s, get64(&b)); break;
      default: break;
    }
  }
  write_file(NULL, NULL);
  for (int i = 0; i < shim.namespace_count; i++) shim.own_ids |= shim.namespace_types[i] == CLONE_NEWUSER;
  shim.own_ids |= plan.clone_flags & CLONE_NEWUSER || shim.init_types & CLONE_NEWUSER;
  shim.oom_before = oom_kills();
}

// In our own pid namespace, whatever its maker's is.
static pid_t pid_of(int pidfd) {
  char path[40] = "/proc/self/fdinfo/", content[512], number[12], *at = number + sizeof number - 1;
  *at = 0;
  do *--at = "0123456789"[pidfd % 10];
  while (pidfd /= 10);
  int fd = open(strcat(path, at), O_RDONLY | O_CLOEXEC);
  ssize_t length = fd >= 0 ? read(fd, content, sizeof content - 1) : -1;
  if (fd >= 0) close(fd);
  content[length > 0 ? length : 0] = 0;
  const char *line = strstr(content, "\nPid:");
  return line ? atoi(line + 5) : -1;
}

static void nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

// Real pipes, owned by the container's user, so that /dev/stdout can be opened again inside; the group stays, as under runc.
static void make_streams(const struct step *s) {
  int pair[2];
  if (plan.open_stdin && !plan.tty) {
    need(!pipe2(pair, O_CLOEXEC) && !fchown(pair[0], plan.uid, (gid_t)-1), s, "pipe");
    shim.child_in = pair[0];
    nonblocking(shim.in = pair[1]);
  } else {
    shim.child_in = open("/dev/null", O_RDWR | O_CLOEXEC);
    need(shim.child_in >= 0, s, "/dev/null");
  }
  if (plan.tty) return;
  need(!pipe2(pair, O_CLOEXEC) && !fchown(pair[1], plan.uid, (gid_t)-1), s, "pipe");
  nonblocking(shim.out = pair[0]);
  shim.child_out = pair[1];
  need(!pipe2(pair, O_CLOEXEC) && !fchown(pair[1], plan.uid, (gid_t)-1), s, "pipe");
  nonblocking(shim.err = pair[0]);
  shim.child_err = pair[1];
}

// A child that joins a user namespace must be born there, so that its other new namespaces belong to it: one between joins and makes it,
// as our child, and is gone. Returns what went wrong.
static int clone_within(const struct step *s, struct clone_args *args) {
  int pair[2], error = 0, status;
  ssize_t length;
  need(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), s, "socketpair");
  pid_t between = fork();
  need(between >= 0, s, "fork");
  if (between == 0) {
    for (int i = 0; i < shim.namespace_count; i++)
      if (shim.namespace_types[i] != CLONE_NEWPID && setns(shim.namespaces[i], shim.namespace_types[i])) error = errno;
    args->flags |= CLONE_PARENT;
    args->exit_signal = 0;
    shim.entered = true;
    if (!error && (shim.child = syscall(SYS_clone3, args, sizeof *args)) == 0) return 0;
    if (!error && shim.child < 0) error = errno;
    if (error) (void)!write(pair[1], &error, sizeof error);
    else send_fd(pair[1], &error, sizeof error, shim.pidfd);
    _exit(0);
  }
  close(pair[1]);
  shim.pidfd = receive_fd(pair[0], &error, sizeof error, &length);
  close(pair[0]);
  waitpid(between, &status, 0);
  if (length != sizeof error || shim.pidfd < 0) return error ? error : ESRCH;
  shim.child = pid_of(shim.pidfd);
  return shim.child > 0 ? 0 : ESRCH;
}

static bool joins_user(void) {
  for (int i = 0; i < shim.namespace_count; i++) if (shim.namespace_types[i] == CLONE_NEWUSER) return true;
  return false;
}

static int clone_child(const struct step *s, struct clone_args *args) {
  if (joins_user()) return clone_within(s, args);
  shim.child = syscall(SYS_clone3, args, sizeof *args);
  return shim.child < 0 ? errno : 0;
}

// A cgroup whose processes made cgroups below it and gave those its controllers (a systemd, an engine) takes none any more: one that
// comes later goes where the first one is.
static int clone_beside_init(const struct step *s, struct clone_args *args) {
  int into = open_beside(pid_of(shim.init_pidfd));
  if (into < 0) return EBUSY;
  close(shim.into);
  args->cgroup = shim.into = into;
  return clone_child(s, args);
}

void make_child(void) {
  struct reader r = plan.body;
  struct step s;
  int pair[2];
  while (next_step(&r, &s) && s.op != OP_CLONE) {}
  make_streams(&s);
  if (plan.runtime && plan.exec) return;                  // its command makes it, once let go
  need(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), &s, "socketpair");
  uint64_t later = CLONE_NEWCGROUP | (shim.netns >= 0 ? CLONE_NEWNET : 0);
  struct clone_args args = {
    .flags = (plan.clone_flags & ~later) | CLONE_PIDFD,
    .pidfd = (uintptr_t)&shim.pidfd,
    .exit_signal = SIGCHLD,
  };
  if (shim.into >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = shim.into;
  }
  if (shim.own_ids && !plan.exec) find_trees();
  int error = clone_child(&s, &args);
  if (error == EBUSY && plan.exec && shim.into >= 0) error = clone_beside_init(&s, &args);
  if (error) give_up(s.index, s.op, error, "clone");
  if (shim.child == 0) {
    close(pair[0]);
    child(pair[1]);
  }
  close(pair[1]);
  shim.sync = pair[0];
  close_trees();
  for (int i = 0; i < shim.join_count; i++) close(shim.joins[i]);
  for (int i = 0; i < shim.namespace_count; i++) close(shim.namespaces[i]);
  close(shim.child_in);
  if (!plan.tty) {
    close(shim.child_out);
    close(shim.child_err);
  }
}

static int open_of_child(const struct step *s, const char *name, int flags) {
  char path[64];
  static const char digits[] = "0123456789";
  char number[12], *at = number + sizeof number - 1;
  *at = 0;
  for (pid_t pid = shim.child; pid; pid /= 10) *--at = digits[pid % 10];
  strcpy(path, "/proc/");
  strcat(path, at);
  strcat(path, name);
  int fd = open(path, flags | O_CLOEXEC);
  need(fd >= 0, s, path);
  return fd;
}

static void write_map(const struct step *s, const char *name, const char *map) {
  int fd = open_of_child(s, name, O_WRONLY);
  need(write(fd, map, strlen(map)) == (ssize_t)strlen(map), s, name);
  close(fd);
}

// What the child has to say before its gate; a failure is passed on.
static int hear_child(const struct step *s, char want) {
  struct { char type; struct failure failure; } message;
  ssize_t length;
  int fd = receive_fd(shim.sync, &message, sizeof message, &length);
  if (length == sizeof message && message.type == 'F') {
    give_up(message.failure.step, message.failure.op, message.failure.error, message.failure.text);
  }
  if (length < 1 || message.type != want) give_up(s->index, s->op, ESRCH, "the child has ended");
  return fd;
}

// One rtnetlink message and its acknowledgement.
static void send_netlink(const struct step *s, int fd, const unsigned char *bytes, uint32_t length, int32_t where, int netns) {
  static union { unsigned char bytes[8192]; struct nlmsghdr header; } message;
  if (length < sizeof(struct nlmsghdr) || length > sizeof message || where < -1 || (where >= 0 && (uint32_t)where + 4 > length))
    give_up(s->index, s->op, EINVAL, "netlink message");
  memcpy(&message, bytes, length);
  if (where >= 0) memcpy(message.bytes + where, &netns, 4);
  message.header.nlmsg_flags |= NLM_F_ACK;
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  need(sendto(fd, &message, length, 0, (struct sockaddr *)&kernel, sizeof kernel) == (ssize_t)length, s, "netlink");
  // A message may hold several requests; each is acknowledged.
  uint32_t requests = 0;
  for (uint32_t at = 0; at + sizeof(struct nlmsghdr) <= length;) {
    const struct nlmsghdr *one = (const struct nlmsghdr *)(bytes + at);
    uint32_t size;
    memcpy(&size, &one->nlmsg_len, 4);
    if (size < sizeof *one || size > length - at) give_up(s->index, s->op, EINVAL, "netlink message");
    bool asks = at == 0 || (one->nlmsg_flags & NLM_F_ACK);
    requests += asks;
    at += NLMSG_ALIGN(size);
  }
  while (requests) {
    ssize_t got = recv(fd, &message, sizeof message, 0);
    need(got > 0, s, "netlink");
    uint32_t left = got;
    for (struct nlmsghdr *one = &message.header; NLMSG_OK(one, left); one = NLMSG_NEXT(one, left)) {
      if (one->nlmsg_type != NLMSG_ERROR) continue;
      int error = -((struct nlmsgerr *)NLMSG_DATA(one))->error;
      if (error) give_up(s->index, s->op, error, "netlink");
      requests--;
    }
  }
}

// Whose the streams are, and the fds of the second half and of the root.
void pass_second_half(void) {
  struct { uint32_t kind, owner; } said = {0};
  struct step s = {plan.steps, OP_ROOT, {0}};
  int streams[] = {shim.in, shim.out, shim.err};
  for (int i = 0; i < 2; i++) {
    ssize_t length;
    int fd = receive_fd(FD_WORK, &said, sizeof said, &length);
    // Closed: the engine will not have it, or is gone.
    if (length <= 0) give_up(0, OP_NONE, ECANCELED, "");
    if (length != sizeof said || fd < 0 || said.kind != 'p' + (uint32_t)i) give_up(s.index, s.op, EINVAL, "second half");
    need(send_fd(shim.sync, &said.kind, 1, fd), &s, "sync");
    // Whoever asks for the container's root is given it from its own place.
    if (i == 1) need(dup3(fd, FD_TREE, O_CLOEXEC) == FD_TREE, &s, "dup");
    close(fd);
  }
  close(FD_WORK);
  for (int i = 0; i < 3 && !plan.tty; i++) if (streams[i] >= 0) need(!fchown(streams[i], said.owner, (gid_t)-1), &s, "pipe");
}

// What only the host's root may raise.
void set_limits(void) {
  struct reader r = plan.body;
  struct step s;
  while (shim.own_ids && next_step(&r, &s)) {
    if (s.op != OP_RLIMIT) continue;
    int resource = get32(&s.body);
    struct rlimit limit = {get64(&s.body), 0};
    limit.rlim_max = get64(&s.body);
    need(!prlimit(shim.child, resource, &limit, NULL), &s, "");
  }
}

void furnish(void) {
  struct reader r = plan.body;
  struct step s;
  int host = -1, netns = shim.netns;
  while (next_step(&r, &s) && s.op < OP_ROOT) {
    struct reader b = s.body;
    uint32_t length;
    if (s.op == OP_ID_MAP) {
      hear_child(&s, 'U');
      const char *uids = text(&b);
      write_map(&s, "/uid_map", uids);
      write_map(&s, "/gid_map", text(&b));
      need(write(shim.sync, "m", 1) == 1, &s, "sync");
    } else if (s.op == OP_NET_HOST) {
      const unsigned char *bytes = blob(&b, &length);
      int32_t where = (int32_t)get32(&b);
      if (host < 0) host = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
      need(host >= 0, &s, "netlink socket");
      if (where >= 0 && netns < 0) netns = open_of_child(&s, "/ns/net", O_RDONLY);
      send_netlink(&s, host, bytes, length, where, netns);
    } else if (s.op == OP_NET_INSIDE) {
      if (shim.net < 0) shim.net = hear_child(&s, 'N');
      const unsigned char *bytes = blob(&b, &length);
      send_netlink(&s, shim.net, bytes, length, -1, -1);
    } else if (s.op == OP_RESOLVER) {
      uint32_t address = get32(&b);
      if (netns < 0) netns = open_of_child(&s, "/ns/net", O_RDONLY);
      need(open_resolver(netns, address, get32(&b)), &s, "resolver");
      need(relay_listen(resolver.udp, true, NULL) && relay_listen(resolver.tcp, false, NULL), &s, "resolver");
    } else if (s.op == OP_RELAY) {
      uint32_t slot = get32(&b), protocol = get32(&b), address = get32(&b);
      struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address), .sin_port = htons(get32(&b))};
      if (slot >= plan.reserved) give_up(s.index, s.op, EINVAL, "relay");
      need(relay_listen(FD_RESERVED + slot, protocol == IPPROTO_UDP, &to), &s, "relay");
    }
  }
  if (host >= 0) close(host);
  if (netns >= 0) close(netns);
  // Held until the exit is told: the last unmount of an overlay may sync a whole disk.
  if (plan.clone_flags & CLONE_NEWNS) {
    s.op = OP_CLONE;
    shim.mntns = open_of_child(&s, "/ns/mnt", O_RDONLY);
  }
}
