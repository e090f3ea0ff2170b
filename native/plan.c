// The launch plan: read-only memory, checked as a whole before anything is done. Layout in src/runtime/plan/encode.ts.
#include "shim.h"
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define MAX_PLAN (16u << 20)
#define MAX_STEPS 4096u
#define PLAN_VERSION 6

struct plan plan;

static const unsigned char *take(struct reader *r, size_t size) {
  static const unsigned char zeros[8];
  if (r->bad || (size_t)(r->end - r->at) < size) {
    r->bad = true;
    return zeros;
  }
  r->at += size;
  return r->at - size;
}

uint8_t get8(struct reader *r) { return *take(r, 1); }

static uint16_t get16(struct reader *r) {
  uint16_t value;
  memcpy(&value, take(r, 2), 2);
  return value;
}

uint32_t get32(struct reader *r) {
  uint32_t value;
  memcpy(&value, take(r, 4), 4);
  return value;
}

uint64_t get64(struct reader *r) {
  uint64_t value;
  memcpy(&value, take(r, 8), 8);
  return value;
}

const unsigned char *blob(struct reader *r, uint32_t *length) {
  *length = get32(r);
  if (r->bad || (size_t)(r->end - r->at) < *length) {
    r->bad = true;
    *length = 0;
    return (const unsigned char *)"";
  }
  return take(r, *length);
}

const char *text(struct reader *r) {
  uint32_t length;
  const unsigned char *bytes = blob(r, &length);
  if (r->bad || *take(r, 1) != 0 || r->bad || memchr(bytes, 0, length)) {
    r->bad = true;
    return "";
  }
  return (const char *)bytes;
}

static bool flag(struct reader *r) {
  uint8_t value = get8(r);
  if (value > 1) r->bad = true;
  return value == 1;
}

// Schema letters: 1 flag, 4 and 8 numbers, s text, b bytes, o optional text, S texts, P pairs of text and optional text, G numbers.
// `low` and `high` are the phases in which a step may stand.
static const struct { const char *schema; uint8_t low, high, most; } ops[OP_COUNT] = {
  [OP_CGROUP_MAKE] = {"s", 1, 1, 0}, [OP_WRITE] = {"ss1", 1, 1, 0}, [OP_CGROUP_JOIN] = {"s", 1, 1, 16},
  [OP_CGROUP_INTO] = {"s", 1, 1, 1}, [OP_OOM_WATCH] = {"s", 1, 1, 4}, [OP_CGROUP_KILL] = {"s", 1, 1, 1},
  [OP_DEVICE_PROGRAM] = {"sb", 1, 1, 1},
  [OP_JOIN_NAMESPACE] = {"8s", 2, 2, 8}, [OP_JOIN_INIT] = {"8", 2, 2, 1}, [OP_CLONE] = {"8", 3, 3, 1},
  [OP_ID_MAP] = {"ss", 4, 4, 1}, [OP_NET_HOST] = {"b4", 5, 5, 0}, [OP_NET_INSIDE] = {"b", 5, 5, 0},
  [OP_RESOLVER] = {"44", 5, 5, 1}, [OP_RELAY] = {"4444", 5, 5, 0},
  [OP_ROOT] = {"s8", 6, 6, 1}, [OP_SHARE] = {"sss", 7, 7, 1}, [OP_UNMOUNT] = {"s", 7, 7, 0},
  [OP_MOUNT] = {"sssP8148", 7, 7, 0}, [OP_BIND] = {"ss18818", 7, 7, 0},
  [OP_ATTRIBUTES] = {"s881", 7, 8, 0}, [OP_MKDIR] = {"s4", 7, 7, 0}, [OP_SYMLINK] = {"ss1", 7, 7, 0}, [OP_DEVICE] = {"s444444", 7, 7, 0},
  [OP_CONSOLE] = {"s4", 7, 7, 1}, [OP_PIVOT] = {"18", 8, 8, 1}, [OP_SYSCTL] = {"ss", 7, 8, 0},
  [OP_MASK] = {"ss", 7, 8, 0}, [OP_READONLY] = {"s", 7, 8, 0}, [OP_HOSTNAME] = {"s", 6, 8, 1},
  [OP_DOMAINNAME] = {"s", 6, 8, 1}, [OP_KEYRING] = {"s4s", 8, 8, 1}, [OP_CREATE] = {"ssSS", 8, 8, 1},
  [OP_GATE] = {"", 9, 9, 1}, [OP_RLIMIT] = {"488", 10, 10, 16},
  [OP_OOM_SCORE_ADJ] = {"4", 10, 10, 1}, [OP_LABEL] = {"ss", 10, 10, 2}, [OP_CWD] = {"s1", 10, 10, 1},
  [OP_BOUNDING_SET] = {"8", 10, 10, 1}, [OP_IDS] = {"44G4", 11, 11, 1}, [OP_CAPABILITIES] = {"8888", 12, 12, 1},
  // Without no_new_privs a filter needs CAP_SYS_ADMIN, so it stands before the ids; with it, last.
  [OP_NO_NEW_PRIVILEGES] = {"", 10, 13, 1}, [OP_SECCOMP] = {"b4", 10, 13, 1}, [OP_EXEC] = {"SS", 14, 14, 1}, [OP_START] = {"sSS", 14, 14, 1},
  [OP_HOOK] = {"sSSss4", 7, 7, 0}, [OP_RELABEL] = {"ss", 7, 7, 0},
};

static bool conforms(const char *schema, struct reader body) {
  uint32_t count;
  for (; *schema; schema++) {
    switch (*schema) {
      case '1': flag(&body); break;
      case '4': get32(&body); break;
      case '8': get64(&body); break;
      case 's': text(&body); break;
      case 'b': blob(&body, &count); break;
      case 'S': for (count = get32(&body); count && !body.bad; count--) text(&body); break;
      case 'G': for (count = get32(&body); count && !body.bad; count--) get32(&body); break;
      case 'P':
        for (count = get32(&body); count && !body.bad; count--) {
          text(&body);
          if (flag(&body)) text(&body);
        }
    }
  }
  return !body.bad && body.at == body.end;
}

bool next_step(struct reader *r, struct step *s) {
  if (r->at == r->end || r->bad) return false;
  s->index = r->at == plan.body.at ? plan.first : s->index + 1;
  s->op = get16(r);
  uint32_t length;
  const unsigned char *bytes = blob(r, &length);
  s->body = (struct reader){bytes, bytes + length, false};
  return !r->bad;
}

// What a runtime does is not for us to do: only its commands, the network, and a place for the root in a namespace of their own.
static const char *check_runtime(const uint32_t *seen) {
  static const enum op ours[] = {OP_OOM_WATCH, OP_CGROUP_KILL, OP_CLONE, OP_NET_HOST, OP_NET_INSIDE, OP_RESOLVER, OP_RELAY, OP_ROOT, OP_SHARE, OP_UNMOUNT,
                                 OP_CREATE, OP_GATE, OP_START};
  for (int op = 1; op < OP_COUNT; op++) {
    bool known = false;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) known |= ours[i] == (enum op)op;
    if (seen[op] && !known) return "step missing or misplaced";
  }
  if (plan.exec ? seen[OP_CREATE] || seen[OP_ROOT] : !seen[OP_CREATE] || !seen[OP_ROOT]) return "step missing or misplaced";
  return NULL;
}

static uint32_t seen[OP_COUNT], phase;

static const char *check_steps(uint32_t *at) {
  uint32_t steps = 0;
  struct reader r = plan.body;
  struct step s;
  while (next_step(&r, &s)) {
    *at = s.index;
    steps++;
    if (s.op == OP_NONE || s.op >= OP_COUNT) return "unknown step";
    if (!conforms(ops[s.op].schema, s.body)) return "malformed step";
    if (phase < ops[s.op].low) phase = ops[s.op].low;
    if (phase > ops[s.op].high) return "step out of order";
    if (++seen[s.op] > ops[s.op].most && ops[s.op].most) return "step repeated";
    if (s.op == OP_CLONE) plan.clone_flags = get64(&s.body);
    if (s.op == OP_EXEC && get32(&s.body) == 0) return "exec without arguments";
    if (s.op == OP_SECCOMP) {
      uint32_t length;
      blob(&s.body, &length);
      if (length == 0 || length % 8 || length / 8 > 4096) return "malformed filter";
    }
  }
  if (r.bad) return "malformed length";
  if (steps != plan.steps || steps > MAX_STEPS) return "wrong number of steps";
  return NULL;
}

// What the shim does before there is a root; the rest is the child's, and comes in the second half.
static const char *check_first_half(void) {
  plan.net_inside = seen[OP_NET_INSIDE];
  if (plan.exec || !seen[OP_CLONE] || seen[OP_JOIN_INIT] || plan.clone_flags & CLONE_NEWUSER) return "step missing or misplaced";
  return phase < 6 ? NULL : "step of the second half";
}

static const char *check_whole(void) {
  plan.runtime = seen[OP_START];
  plan.net_inside = seen[OP_NET_INSIDE];
  plan.has_console = seen[OP_CONSOLE];
  if (!seen[OP_CLONE] || !seen[OP_GATE] || !seen[OP_EXEC] != plan.runtime) return "step missing";
  if (!plan.exec && !(plan.clone_flags & CLONE_NEWNS)) return "root without a mount namespace";
  if (plan.runtime) return check_runtime(seen);
  if (plan.exec ? !seen[OP_JOIN_INIT] || seen[OP_ROOT] || seen[OP_PIVOT] || seen[OP_CGROUP_MAKE]
                : !seen[OP_ROOT] || !seen[OP_PIVOT] || seen[OP_JOIN_INIT])
    return "step missing or misplaced";
  if (seen[OP_CREATE]) return "step missing or misplaced";
  if (plan.has_console != plan.tty) return "console and tty disagree";
  return NULL;
}

static bool simple_word(const char *word) {
  size_t length = strlen(word);
  return length > 0 && length <= 128 &&
         strspn(word, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.-") == length;
}

// Both halves begin with a word, the version, two flags and the length of all.
static const char *map_plan(int fd, const char *word, struct reader *r, bool flags[2]) {
  struct stat info;
  if (fstat(fd, &info) || info.st_size < 16 || info.st_size > MAX_PLAN) return "plan of unusable size";
  unsigned char *bytes = mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (bytes == MAP_FAILED) return "plan cannot be mapped";
  *r = (struct reader){bytes, bytes + info.st_size, false};
  if (memcmp(take(r, 4), word, 4)) return "no plan";
  if (get16(r) != PLAN_VERSION) return "plan of another version";
  for (int i = 0; i < 2; i++) flags[i] = flag(r);
  return get32(r) == info.st_size ? NULL : "plan of another length";
}

const char *plan_open(int fd, uint32_t *at) {
  struct reader r;
  bool flags[2];
  *at = 0;
  const char *unusable = map_plan(fd, "TUGP", &r, flags);
  if (unusable) return unusable;
  plan.exec = flags[0];
  plan.tty = flags[1];
  plan.id = text(&r);
  plan.token = text(&r);
  plan.boot = text(&r);
  plan.open_stdin = flag(&r);
  plan.stdin_once = flag(&r);
  plan.has_root = flag(&r);
  plan.rows = get16(&r);
  plan.columns = get16(&r);
  plan.uid = get32(&r);
  plan.reserved = get32(&r);
  plan.has_netns = flag(&r);
  plan.halved = flag(&r);
  plan.log = text(&r);
  plan.max_bytes = get64(&r);
  plan.max_files = get32(&r);
  plan.attrs = text(&r);
  plan.raw = flag(&r);
  plan.steps = get32(&r);
  if (r.bad || !simple_word(plan.id) || !simple_word(plan.token) || !simple_word(plan.boot)) return "malformed header";
  if (plan.reserved > 4096 || plan.has_root == plan.exec) return "malformed header";
  if (*plan.log && (plan.max_bytes == 0 || plan.max_files == 0 || plan.max_files > 1000)) return "unbounded log";
  if (strlen(plan.attrs) > MAX_ATTRS) return "log attributes too long";
  plan.body = r;
  const char *refusal = check_steps(at);
  if (!refusal) refusal = plan.halved ? check_first_half() : check_whole();
  if (plan.has_netns && (!(plan.clone_flags & CLONE_NEWNET) || plan.clone_flags & CLONE_NEWUSER)) return "malformed header";
  plan.new_pid = plan.clone_flags & CLONE_NEWPID;
  return refusal;
}

const char *plan_second(int fd, uint32_t *at) {
  struct reader r;
  bool flags[2];
  *at = 0;
  const char *refusal = map_plan(fd, "TUGQ", &r, flags);
  if (refusal) return refusal;
  plan.first = plan.steps;
  plan.steps = get32(&r);
  if (r.bad) return "malformed header";
  if (phase < 6) phase = 6;                               // nothing of the first half again
  plan.body = r;
  refusal = check_steps(at);
  if (!refusal) refusal = check_whole();
  return !refusal && plan.runtime ? "step missing or misplaced" : refusal;
}
