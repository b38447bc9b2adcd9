// Code in the shapes that unwinding must get past. Run under gdb by gdb_test.go.
#include <alloca.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <stdexcept>
#include <string>
#include <vector>

#define APART __attribute__((noinline, noclone))

static volatile long sum;

extern "C" APART void deep(void *p) { sum += *(volatile char *)p; }

#ifdef __x86_64__
#define AVX __attribute__((target("avx2")))
#else
#define AVX
#endif

// gcc realigns the stack, by a pointer to the arguments (DRAP) for they are on it.
extern "C" APART AVX double realigned(int n, int a, int b, int c, int d, int e, int f, int g) {
    alignas(64) volatile double block[16];
    char *more = (char *)alloca(n);
    more[0] = (char)g;
    block[3] = a + b + c + d + e + f + g;
    deep(more);
    deep((void *)block);
    return block[3];
}

extern "C" APART double framed(int n) {
    char *more = (char *)alloca(n);
    memset(more, n, n);
    deep(more);
    return more[n / 2];
}

extern "C" APART int thrower(int n) {
    std::string text(n, 'x');
    if (n > 3) throw std::runtime_error(text);
    return n;
}

extern "C" APART int catcher(int n) {
    try {
        return thrower(n) + thrower(n + 1);
    } catch (const std::exception &e) {
        return (int)strlen(e.what());
    }
}

extern "C" APART int byTwo(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

extern "C" APART void onSignal(int, siginfo_t *, void *) { sum++; }

extern "C" APART long clocks(void) {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    clock_gettime(CLOCK_REALTIME_COARSE, &t);
    return t.tv_nsec;
}

extern "C" APART void ready(void) { getppid(); }

int main(int argc, char **) {
    stack_t other = {};
    other.ss_size = 1 << 16;
    other.ss_sp = malloc(other.ss_size);
    sigaltstack(&other, nullptr);
    struct sigaction action = {};
    action.sa_sigaction = onSignal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGUSR1, &action, nullptr);
    // What follows shall not look the name up.
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    ready();
    sum += clocks();
    std::vector<int> numbers;
    for (int i = 0; i < 40; i++) numbers.push_back(i * 7919 % 101);
    qsort(numbers.data(), numbers.size(), sizeof(int), byTwo);
    sum += (long)realigned(100 * argc, 1, 2, 3, 4, 5, 6, 7);
    sum += (long)framed(200 * argc);
    sum += catcher(2 + argc);
    raise(SIGUSR1);
    char text[100];
    snprintf(text, sizeof text, "%g %s %d", 1.5, "x", argc);
    sum += text[0];
    return 0;
}
