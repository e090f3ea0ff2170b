// Docker's json-file log: one line of JSON a line of output, parts of 16 KiB for longer ones; bounded by rotation.
#include "shim.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PART = 16384, OUT = 6 * PART + 256 + MAX_ATTRS };

static struct { unsigned char bytes[PART]; uint32_t length; bool continued; char time[40]; } line[2];
static unsigned char out[OUT];
static uint64_t size, inode;

static bool reopen(void) {
  struct stat info;
  shim.log = open(plan.log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (shim.log < 0 || fstat(shim.log, &info)) return false;
  size = info.st_size;
  inode = info.st_ino;
  return true;
}

// A shim that was killed may have left half a line: it goes.
bool log_open(void) {
  if (!*plan.log) return true;
  if (!reopen()) return false;
  uint64_t keep = size;
  while (keep > 0) {
    size_t window = keep < OUT ? keep : OUT;
    ssize_t got = pread(shim.log, out, window, keep - window);
    if (got != (ssize_t)window) return false;
    unsigned char *newline = memrchr(out, '\n', window);
    keep -= newline ? window - (newline + 1 - out) : window;
    if (newline) break;
  }
  if (keep != size && ftruncate(shim.log, keep)) return false;
  size = keep;
  return true;
}

void log_position(uint64_t *generation, uint64_t *offset) {
  *generation = shim.log >= 0 ? inode : 0;
  *offset = shim.log >= 0 ? size : 0;
}

const unsigned char *log_pending(int stream, uint32_t *length) {
  *length = shim.log >= 0 ? line[stream].length : 0;
  return line[stream].bytes;
}

static void numbered(char *path, size_t room, uint32_t number, const char *form) {
  if (number) snprintf(path, room, "%s.%u%s", plan.log, number, form);
  else snprintf(path, room, "%s", plan.log);
}

// The engine compresses older files (`.gz`); while it puts one in its place it holds the lock, and no number may change.
static bool lock(short kind) {
  struct flock whole = {.l_type = kind, .l_whence = SEEK_SET};
  return fcntl(shim.log, F_OFD_SETLK, &whole) == 0 || (errno != EAGAIN && errno != EACCES);
}

static void rotate(void) {
  static char from[4200], to[4200];
  static const char *const forms[] = {"", ".gz"};
  if (!lock(F_WRLCK)) return;                             // with the next line, then
  for (int form = 0; form < 2; form++) {
    numbered(to, sizeof to, plan.max_files - 1, forms[form]);
    unlink(to);
    for (uint32_t number = plan.max_files - 1; number > 0; number--) {
      if (form && number == 1) break;                     // the one that is written is never compressed
      numbered(from, sizeof from, number - 1, forms[form]);
      numbered(to, sizeof to, number, forms[form]);
      rename(from, to);
    }
  }
  int old = shim.log;
  if (reopen()) close(old);
  else {
    shim.log = old;                                       // better too long than lost
    lock(F_UNLCK);
  }
}

// By hand: libc's gmtime reads the time zone files and allocates. Years begin in March here, so that a leap day is their last.
static void rfc3339(char *to) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  unsigned long days = now.tv_sec / 86400 + 719468, era = days / 146097, day = days % 146097;
  unsigned long year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
  unsigned long in_year = day - (365 * year + year / 4 - year / 100), part = (5 * in_year + 2) / 153;
  unsigned month = part < 10 ? part + 3 : part - 9, second = now.tv_sec % 86400;
  int length = snprintf(to, 40, "%04lu-%02u-%02luT%02u:%02u:%02u.%09ld", year + era * 400 + (month <= 2), month,
                        in_year - (153 * part + 2) / 5 + 1, second / 3600, second / 60 % 60, second % 60, now.tv_nsec);
  while (to[length - 1] == '0') length--;                 // as Go's RFC3339Nano
  if (to[length - 1] == '.') length--;
  strcpy(to + length, "Z");
}

// The length of the UTF-8 sequence at `at`, or 0 for a byte that begins none.
static int rune(const unsigned char *at, size_t left) {
  unsigned char a = at[0];
  int length = a >= 0xc2 && a <= 0xdf ? 2 : (a & 0xf0) == 0xe0 ? 3 : a >= 0xf0 && a <= 0xf4 ? 4 : 0;
  if (!length || left < (size_t)length) return 0;
  for (int i = 1; i < length; i++) if ((at[i] & 0xc0) != 0x80) return 0;
  if ((a == 0xe0 && at[1] < 0xa0) || (a == 0xed && at[1] > 0x9f) || (a == 0xf0 && at[1] < 0x90) || (a == 0xf4 && at[1] > 0x8f)) return 0;
  return length;
}

// With `plan.raw` bytes that are no text stay as they are: what is passed on to a log server is to be what the container said.
static unsigned char *escape(unsigned char *to, const unsigned char *at, size_t left) {
  static const char hex[] = "0123456789abcdef";
  while (left) {
    unsigned char c = *at;
    int length = 1;
    if (c < 0x80) {
      if (c == '"' || c == '\\') { *to++ = '\\'; *to++ = c; }
      else if (c == '\n') { *to++ = '\\'; *to++ = 'n'; }
      else if (c == '\r') { *to++ = '\\'; *to++ = 'r'; }
      else if (c < 0x20 || c == '<' || c == '>' || c == '&') {
        memcpy(to, "\\u00", 4);
        to[4] = hex[c >> 4];
        to[5] = hex[c & 15];
        to += 6;
      } else *to++ = c;
    } else if ((length = rune(at, left)) == 0 && plan.raw) {
      *to++ = c;
      length = 1;
    } else if (length == 0) {
      memcpy(to, "\\ufffd", 6);
      to += 6;
      length = 1;
    } else if (length == 3 && at[0] == 0xe2 && at[1] == 0x80 && (at[2] & 0xfe) == 0xa8) {
      memcpy(to, "\\u2028", 6);
      to[5] += at[2] & 1;
      to += 6;
    } else {
      memcpy(to, at, length);
      to += length;
    }
    at += length;
    left -= length;
  }
  return to;
}

static void emit(int stream, const unsigned char *bytes, size_t length, bool whole) {
  if (!line[stream].continued) rfc3339(line[stream].time);
  unsigned char *to = out;
  to = (unsigned char *)stpcpy((char *)to, "{\"log\":\"");
  to = escape(to, bytes, length);
  to = (unsigned char *)stpcpy((char *)to, whole ? "\\n\",\"stream\":\"" : "\",\"stream\":\"");
  to = (unsigned char *)stpcpy((char *)to, stream ? "stderr\"," : "stdout\",");
  if (*plan.attrs) {
    to = (unsigned char *)stpcpy((char *)to, "\"attrs\":");
    to = (unsigned char *)stpcpy(stpcpy((char *)to, plan.attrs), ",");
  }
  to = (unsigned char *)stpcpy((char *)to, "\"time\":\"");
  to = (unsigned char *)stpcpy((char *)to, line[stream].time);
  to = (unsigned char *)stpcpy((char *)to, "\"}\n");
  line[stream].continued = !whole;
  if (size && size + (to - out) > plan.max_bytes) rotate();
  ssize_t written = write(shim.log, out, to - out);
  if (written == to - out) size += written;
  else if (written > 0) (void)!ftruncate(shim.log, size); // a full disk costs the line, not the log's form
}

void log_chunk(int stream, const unsigned char *bytes, size_t length) {
  if (shim.log < 0) return;
  while (length) {
    uint32_t room = PART - line[stream].length;
    size_t take = length < room ? length : room;
    const unsigned char *newline = memchr(bytes, '\n', take);
    size_t part = newline ? (size_t)(newline - bytes) : take;
    if (newline && line[stream].length == 0) {
      emit(stream, bytes, part, true);
    } else {
      memcpy(line[stream].bytes + line[stream].length, bytes, part);
      line[stream].length += part;
      if (newline || line[stream].length == PART) {
        emit(stream, line[stream].bytes, line[stream].length, newline != NULL);
        line[stream].length = 0;
      }
    }
    part += newline != NULL;
    bytes += part;
    length -= part;
  }
}

void log_end(void) {
  for (int stream = 0; stream < 2; stream++) {
    if (shim.log >= 0 && line[stream].length) emit(stream, line[stream].bytes, line[stream].length, false);
    line[stream].length = 0;
  }
}
