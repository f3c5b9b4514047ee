/* Writes to the file POWER_JOURNAL what a program asks of the files below the directory POWER_ROOT,
   in order: what was written where, what was made, renamed and removed, and what was synced. From
   that the test works out what a disk may hold after its power is cut.

   A record is a line of text, followed by the bytes of a write:
     O SERIAL PATH       opened, or made; SERIAL stands for the open file from here on
     W SERIAL OFFSET N   wrote N bytes
     T SERIAL SIZE       cut or filled up to a size
     B SERIAL            a sync began: what was written before is on the disk once it ends
     E SERIAL            it ended
     R OLD<TAB>NEW       renamed
     U PATH              removed
     D PATH              made a directory
   A change is noted before its call returns; a sync before and after it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 65536
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int serials[MOST_FILES];
static int last_serial, journal = -1;
static const char *root;

static int watched(const char *path) {
    if (!root) root = getenv("POWER_ROOT");
    return root && path && !strncmp(path, root, strlen(root));
}

static int serial_of(int file) {
    return file >= 0 && file < MOST_FILES ? serials[file] : 0;
}

static void note(const void *bytes, size_t size, const char *format, ...) {
    char line[9000];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    struct iovec parts[2] = {{line, (size_t)length}, {(void *)bytes, size}};
    pthread_mutex_lock(&mutex);
    if (journal < 0)
        journal = REAL(open)(getenv("POWER_JOURNAL"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (writev(journal, parts, 2) != (ssize_t)(size + (size_t)length)) abort();
    pthread_mutex_unlock(&mutex);
}

static int note_open(int file, const char *path, int flags) {
    if (file < 0 || file >= MOST_FILES) return file;
    serials[file] = 0;
    if (!watched(path)) return file;
    serials[file] = __sync_add_and_fetch(&last_serial, 1);
    note(NULL, 0, "O %d %s\n", serials[file], path);
    if (flags & O_TRUNC) note(NULL, 0, "T %d 0\n", serials[file]);
    return file;
}

#define MODE(flags, last) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list values; va_start(values, last); mode = va_arg(values, mode_t); va_end(values); \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, flags) return note_open(REAL(open)(path, flags, mode), path, flags);
}
int open64(const char *path, int flags, ...) {
    MODE(flags, flags) return note_open(REAL(open64)(path, flags, mode), path, flags);
}
int openat(int at, const char *path, int flags, ...) {
    MODE(flags, flags) return note_open(REAL(openat)(at, path, flags, mode), path, flags);
}
int openat64(int at, const char *path, int flags, ...) {
    MODE(flags, flags) return note_open(REAL(openat64)(at, path, flags, mode), path, flags);
}
int close(int file) {
    if (serial_of(file)) serials[file] = 0;
    return REAL(close)(file);
}

static ssize_t note_write(int file, const void *bytes, ssize_t done, off_t offset) {
    if (done > 0 && serial_of(file))
        note(bytes, (size_t)done, "W %d %lld %zd\n", serial_of(file), (long long)offset, done);
    return done;
}
ssize_t write(int file, const void *bytes, size_t size) {
    ssize_t done = REAL(write)(file, bytes, size);
    off_t end = done > 0 && serial_of(file) ? lseek(file, 0, SEEK_CUR) : 0;
    return note_write(file, bytes, done, end - done);
}
ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) {
    return note_write(file, bytes, REAL(pwrite)(file, bytes, size, offset), offset);
}
ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset) {
    return note_write(file, bytes, REAL(pwrite64)(file, bytes, size, offset), offset);
}

static int note_size(int file, int failed, off_t size) {
    if (!failed && serial_of(file))
        note(NULL, 0, "T %d %lld\n", serial_of(file), (long long)size);
    return failed;
}
int ftruncate(int file, off_t size) { return note_size(file, REAL(ftruncate)(file, size), size); }
int ftruncate64(int file, off64_t size) {
    return note_size(file, REAL(ftruncate64)(file, size), size);
}

#define SYNC(name) \
    int name(int file) { \
        int serial = serial_of(file); \
        if (serial) note(NULL, 0, "B %d\n", serial); \
        int failed = REAL(name)(file); \
        if (serial && !failed) note(NULL, 0, "E %d\n", serial); \
        return failed; \
    }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *old, const char *new) {
    int failed = REAL(rename)(old, new);
    if (!failed && watched(old)) note(NULL, 0, "R %s\t%s\n", old, new);
    return failed;
}
int unlink(const char *path) {
    int failed = REAL(unlink)(path);
    if (!failed && watched(path)) note(NULL, 0, "U %s\n", path);
    return failed;
}
int mkdir(const char *path, mode_t mode) {
    int failed = REAL(mkdir)(path, mode);
    if (!failed && watched(path)) note(NULL, 0, "D %s\n", path);
    return failed;
}
