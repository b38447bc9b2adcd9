/*
 * Functions whose frames are hard to unwind, in a closed call grammar: a function
 * calls only what shapes.py says. Built without frame pointers.
 */
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#define NOINLINE __attribute__((noinline, noclone))

/* After a call: so that it becomes no jump. */
#define KEEP_FRAME() __asm__ volatile("" : : : "memory")

static volatile int stopping;

/* A leaf that never touches the stack. */
NOINLINE long leaf(long rounds)
{
	long sum = 0;

	for (long i = 0; i < rounds; i++) {
		sum += i ^ sum >> 3;
		__asm__ volatile("" : "+r"(sum));
	}
	return sum;
}

/* A frame whose size is not known when it is compiled. */
NOINLINE long with_alloca(long rounds)
{
	char *room = alloca(rounds % 61 + 100);

	memset(room, (int)rounds, 100);
	return leaf(rounds) + room[7];
}

/* A frame on a multiple of 64: the compiler loses the way back by the stack pointer. */
NOINLINE long realigned(long rounds)
{
	__attribute__((aligned(64))) char room[256];

	memset(room, (int)rounds, sizeof(room));
	__asm__ volatile("" : : "r"(room) : "memory");
	return with_alloca(rounds) + room[9];
}

/* Both at once: the way back is only in memory. */
NOINLINE long realigned_with_alloca(long rounds)
{
	__attribute__((aligned(64))) char room[128];
	char *more = alloca(rounds % 31 + 80);

	memset(room, (int)rounds, sizeof(room));
	memset(more, (int)rounds, 80);
	__asm__ volatile("" : : "r"(room), "r"(more) : "memory");
	return leaf(rounds) + room[3] + more[5];
}

/* Arguments on the stack. */
NOINLINE long with_arguments(long a, long b, long c, long d, long e, long f, long g, long h)
{
	return realigned(a) + b + c + d + e + f + g + h;
}

__attribute__((optimize("no-omit-frame-pointer"))) NOINLINE long with_frame_pointer(long rounds)
{
	return with_arguments(rounds, 1, 2, 3, 4, 5, 6, 7) + 1;
}

NOINLINE long deep(long depth, long rounds)
{
	long sum = depth ? deep(depth - 1, rounds) : leaf(rounds);

	KEEP_FRAME();
	return sum + 1;
}

NOINLINE void on_signal(int number)
{
	leaf(3000 + number);
	KEEP_FRAME();
}

/* Interrupts itself. */
NOINLINE long interrupted(long rounds)
{
	signal(SIGUSR2, on_signal);
	raise(SIGUSR2);
	return rounds + 1;
}

NOINLINE long shapes(long rounds)
{
	long sum = with_frame_pointer(rounds);

	sum += realigned_with_alloca(rounds);
	sum += deep(100, rounds);
	sum += interrupted(rounds);
	return sum;
}

static void *work(void *argument)
{
	while (!stopping)
		with_frame_pointer(2000 + (long)argument);
	return NULL;
}

/* So many threads without any Python. */
int start_threads(int count)
{
	pthread_t thread;

	for (long i = 0; i < count; i++) {
		if (pthread_create(&thread, NULL, work, (void *)i))
			return -1;
		pthread_detach(thread);
	}
	return 0;
}

void stop_threads(void)
{
	stopping = 1;
}
