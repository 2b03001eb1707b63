/*
 * The floor that bench/ measures against: the same work with posix_spawn, waitid and kill, and nothing else.
 *
 *   floor spawn COUNT IN_FLIGHT      spawn /bin/true COUNT times, IN_FLIGHT at once; prints microseconds per child
 *   floor stamp FILE                 write the time (CLOCK_MONOTONIC, nanoseconds, 8 bytes) into FILE, which has them, and end at once
 *   floor exits COUNT FILE           start "floor stamp FILE" COUNT times, wait for each; prints the median of the microseconds from its
 *                                    stamp to the code behind waitpid
 *   floor killtree COUNT             spawn COUNT sleepers in one group, kill(-pgid), wait for each; prints microseconds
 *   floor notice COUNT               spawn COUNT programs that read a pipe, close it, wait for each; prints the microseconds of CPU time that
 *                                    the waits took, for all together
 *   floor records COUNT BYTES FILE   COUNT times take FILE's lock, look at its end, write a record there and where the end is now, let the
 *                                    lock go; prints microseconds a record
 *   floor read BYTES PROGRAM ARG...  spawn it with a pipe as its output and read that to the end; prints microseconds
 *   floor lines COUNT PROGRAM ARG... the same, finding each line by memchr
 *   floor sync GROUPS RECORDS BYTES KIND FILE
 *                                    write a group of records and fdatasync, GROUPS times; prints microseconds a record. KIND: 0 at the
 *                                    file's end, 1 into zeros, 2 into zeros and by as many threads as records, each of which waits until
 *                                    its own is synced before it brings the next
 *
 * IN_FLIGHT threads spawn and wait, each for its own child, as a C program would.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static pid_t spawn(char *const argv[], pid_t group)
{
    posix_spawnattr_t attr;
    sigset_t all, none;
    pid_t pid;
    posix_spawnattr_init(&attr);
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setpgroup(&attr, group);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int error = posix_spawn(&pid, argv[0], NULL, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    if (error != 0) {
        fprintf(stderr, "posix_spawn: %s\n", strerror(error));
        exit(1);
    }
    return pid;
}

static atomic_int left;

static void *worker(void *unused)
{
    char *argv[] = {"/bin/true", NULL};
    (void)unused;
    while (atomic_fetch_sub(&left, 1) > 0) {
        int status;
        pid_t pid = spawn(argv, 0);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "child %d: status %d\n", (int)pid, status);
            exit(1);
        }
    }
    return NULL;
}

static void bench_spawn(int count, int in_flight)
{
    pthread_t threads[256];
    atomic_store(&left, count);
    double start = now_us();
    for (int i = 0; i < in_flight; i++)
        pthread_create(&threads[i], NULL, worker, NULL);
    for (int i = 0; i < in_flight; i++)
        pthread_join(threads[i], NULL);
    printf("%.1f\n", (now_us() - start) / count);
}

static volatile long long *stamp_in(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(long long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) {
        perror(path);
        exit(1);
    }
    return at;
}

static long long now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void stamp(const char *path)
{
    volatile long long *at = stamp_in(path);
    *at = now_ns();
    _exit(0);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench_exits(int count, const char *path)
{
    char *argv[] = {"/proc/self/exe", "stamp", (char *)path, NULL};
    volatile long long *at = stamp_in(path);
    double *times = malloc(sizeof(double) * (size_t)count);
    for (int i = 0; i < count; i++) {
        pid_t pid = spawn(argv, 0);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
        }
        times[i] = (double)(now_ns() - *at) / 1e3;
    }
    qsort(times, (size_t)count, sizeof(double), by_size);
    printf("%.1f\n", times[count / 2]);
    free(times);
}

static void bench_killtree(int count)
{
    char *argv[] = {"/bin/sleep", "600", NULL};
    pid_t *pids = malloc(sizeof(pid_t) * (size_t)count);
    pids[0] = spawn(argv, 0);
    for (int i = 1; i < count; i++)
        pids[i] = spawn(argv, pids[0]);
    double start = now_us();
    kill(-pids[0], SIGKILL);
    for (int i = 0; i < count; i++)
        waitpid(pids[i], NULL, 0);
    printf("%.1f\n", now_us() - start);
    free(pids);
}

static double cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void bench_notice(int count)
{
    char *argv[] = {"/bin/cat", NULL};
    int ends[2];
    posix_spawn_file_actions_t actions;
    pid_t *pids = malloc(sizeof(pid_t) * (size_t)count);
    if (pipe2(ends, O_CLOEXEC) != 0)
        exit(1);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    for (int i = 0; i < count; i++)
        if (posix_spawn(&pids[i], argv[0], &actions, NULL, argv, environ) != 0)
            exit(1);
    double used = cpu_us();
    close(ends[1]);
    for (int i = 0; i < count; i++)
        waitpid(pids[i], NULL, 0);
    printf("%.1f\n", cpu_us() - used);
    free(pids);
}

/* What any log costs at least that several processes append to and that outlives them: no record is judged, made or hashed. */
static void bench_records(int count, int bytes, const char *path)
{
    char *data = malloc((size_t)bytes), end[8], hint[232];
    int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    memset(data, 'x', (size_t)bytes);
    memset(hint, 'h', sizeof(hint));
    double start = now_us();
    for (int i = 0; i < count; i++) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
        off_t at = 4096 + (off_t)i * bytes;
        if (fcntl(fd, F_OFD_SETLK, &lock) != 0 || pread(fd, end, sizeof(end), at) < 0 || pwrite(fd, data, (size_t)bytes, at) != bytes
            || pwrite(fd, hint, sizeof(hint), 0) != sizeof(hint)) {
            perror(path);
            exit(1);
        }
        lock.l_type = F_UNLCK;
        fcntl(fd, F_OFD_SETLK, &lock);
    }
    printf("%.3f\n", (now_us() - start) / count);
    close(fd);
    unlink(path);
    free(data);
}

/* What the threads of KIND 2 share: the group that gathers, and how many have been synced. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t whole, synced;
    char *data;
    int groups, records, bytes, gathered, done;
} group = {.lock = PTHREAD_MUTEX_INITIALIZER, .whole = PTHREAD_COND_INITIALIZER, .synced = PTHREAD_COND_INITIALIZER};

static void *write_records(void *unused)
{
    pthread_mutex_lock(&group.lock);
    for (int i = 0; i < group.groups; i++) {
        memset(group.data + (size_t)group.gathered * (size_t)group.bytes, 'x', (size_t)group.bytes);
        if (++group.gathered == group.records)
            pthread_cond_signal(&group.whole);
        while (group.done <= i)
            pthread_cond_wait(&group.synced, &group.lock);
    }
    pthread_mutex_unlock(&group.lock);
    return unused;
}

static void sync_for_writers(int fd, int groups, int records, int bytes)
{
    size_t size = (size_t)records * (size_t)bytes;
    pthread_t threads[256];
    group.data = malloc(size);
    group.groups = groups, group.records = records, group.bytes = bytes;
    for (int i = 0; i < records; i++)
        if (pthread_create(&threads[i], NULL, write_records, NULL) != 0)
            exit(1);
    pthread_mutex_lock(&group.lock);
    for (int i = 0; i < groups; i++) {
        while (group.gathered < records)
            pthread_cond_wait(&group.whole, &group.lock);
        pthread_mutex_unlock(&group.lock);
        if (pwrite(fd, group.data, size, (off_t)i * (off_t)size) != (ssize_t)size || fdatasync(fd) != 0) {
            perror("write and sync");
            exit(1);
        }
        pthread_mutex_lock(&group.lock);
        group.gathered = 0;
        group.done++;
        pthread_cond_broadcast(&group.synced);
    }
    pthread_mutex_unlock(&group.lock);
    for (int i = 0; i < records; i++)
        pthread_join(threads[i], NULL);
    free(group.data);
}

/* Groups of records, each written at once and synced before the next: what a journal can do at best. Microseconds a record. */
static void bench_sync(const char *path, int groups, int records, int bytes, int filled)
{
    size_t size = (size_t)records * (size_t)bytes;
    char *data = malloc(size);
    memset(data, 'x', size);
    int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    if (fd < 0) {
        perror(path);
        exit(1);
    }
    if (filled) {
        char *zeros = calloc(1, size);
        for (int i = 0; i < groups; i++)
            if (write(fd, zeros, size) != (ssize_t)size)
                exit(1);
        fsync(fd);
        free(zeros);
    }
    double start = now_us();
    if (filled == 2)
        sync_for_writers(fd, groups, records, bytes);
    for (int i = 0; i < groups && filled != 2; i++) {
        if (pwrite(fd, data, size, (off_t)i * (off_t)size) != (ssize_t)size || fdatasync(fd) != 0) {
            perror("write and sync");
            exit(1);
        }
    }
    printf("%.3f\n", (now_us() - start) / ((double)groups * records));
    close(fd);
    unlink(path);
    free(data);
}

/* What a program writes, read by 64 KiB; where lines are asked for, each is found by memchr. From before the start to the end. */
static void bench_read(long long expected, int by_lines, char **program)
{
    static char block[65536];
    long long bytes = 0, lines = 0;
    int ends[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    double start = now_us();
    if (pipe2(ends, O_CLOEXEC) != 0)
        exit(1);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    if (posix_spawn(&pid, program[0], &actions, NULL, program, environ) != 0) {
        fprintf(stderr, "%s does not start\n", program[0]);
        exit(1);
    }
    close(ends[1]);
    for (ssize_t count; (count = read(ends[0], block, sizeof(block))) > 0;) {
        bytes += count;
        if (by_lines)
            for (char *at = block, *end = block + count; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
                lines++;
    }
    waitpid(pid, NULL, 0);
    if ((by_lines ? lines : bytes) != expected) {
        fprintf(stderr, "%lld bytes, %lld lines\n", bytes, lines);
        exit(1);
    }
    printf("%.1f\n", now_us() - start);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "spawn") == 0 && atoi(argv[3]) <= 256)
        bench_spawn(atoi(argv[2]), atoi(argv[3]));
    else if (argc == 3 && strcmp(argv[1], "stamp") == 0)
        stamp(argv[2]);
    else if (argc == 4 && strcmp(argv[1], "exits") == 0 && atoi(argv[2]) > 0)
        bench_exits(atoi(argv[2]), argv[3]);
    else if (argc == 3 && strcmp(argv[1], "killtree") == 0)
        bench_killtree(atoi(argv[2]));
    else if (argc == 7 && strcmp(argv[1], "sync") == 0 && atoi(argv[3]) <= 256)
        bench_sync(argv[6], atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
    else if (argc == 3 && strcmp(argv[1], "notice") == 0)
        bench_notice(atoi(argv[2]));
    else if (argc == 5 && strcmp(argv[1], "records") == 0 && atoi(argv[3]) > 0)
        bench_records(atoi(argv[2]), atoi(argv[3]), argv[4]);
    else if (argc >= 4 && (strcmp(argv[1], "read") == 0 || strcmp(argv[1], "lines") == 0))
        bench_read(atoll(argv[2]), argv[1][0] == 'l', argv + 3);
    else {
        fprintf(stderr, "usage: floor read|lines COUNT PROGRAM ARG... | floor spawn COUNT IN_FLIGHT | floor stamp FILE | floor exits COUNT FILE | floor killtree COUNT | floor notice COUNT | floor records COUNT BYTES FILE | floor sync GROUPS RECORDS BYTES KIND FILE\n");
        return 2;
    }
    return 0;
}
