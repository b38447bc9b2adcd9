package procmem_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/procmem"
	"emberline/helper/internal/profiler"
	"emberline/helper/internal/pythontest"
	"emberline/helper/protocol"
)

// stack is one line of a profile: the thread's id, and frames root first.
type stack struct {
	tid    int
	frames []aggregate.Frame
	count  int64
}

// bare is a function's name without its class or where it is defined.
func bare(frame aggregate.Frame) string { return frame.Name[strings.LastIndexByte(frame.Name, '.')+1:] }

func (s *stack) python() []aggregate.Frame {
	var frames []aggregate.Frame
	for _, frame := range s.frames {
		if frame.Kind == protocol.KindPython {
			frames = append(frames, frame)
		}
	}
	return frames
}

func (s *stack) isBroken() bool {
	return slices.ContainsFunc(s.frames, func(f aggregate.Frame) bool { return f.Kind == protocol.KindError })
}

func (s *stack) String() string {
	var text []string
	for _, frame := range s.frames {
		text = append(text, fmt.Sprintf("%s:%d", frame.Name, frame.Line))
	}
	return fmt.Sprintf("[%d] %s", s.tid, strings.Join(text, " > "))
}

var trailingID = regexp.MustCompile(`\[(\d+)\]$`)

// record samples a process from user space for a while, and sees to it that it
// is never stopped.
func record(t *testing.T, pid, frequencyHz int, duration time.Duration) ([]stack, protocol.Stats) {
	t.Helper()
	sampler, err := procmem.Open(procmem.Options{FrequencyHz: frequencyHz})
	if err != nil {
		t.Fatal(err)
	}
	session, err := profiler.Start(protocol.StartParams{PIDs: []int{pid}, FrequencyHz: frequencyHz}, sampler)
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(duration); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if state := stateOf(pid); state == 'T' || state == 't' {
			t.Errorf("process %d is stopped", pid)
		}
	}
	stats, err := session.Stop()
	if err != nil {
		t.Fatal(err)
	}
	var stacks []stack
	session.Walk(func(frames []aggregate.Frame, count int64) {
		tid, _ := strconv.Atoi(trailingID.FindStringSubmatch(frames[1].Name)[1])
		stacks = append(stacks, stack{tid, slices.Clone(frames[2:]), count})
	})
	if stats.Lost != 0 || stats.TruncatedStacks != 0 {
		t.Errorf("%d lost, %d truncated of %d", stats.Lost, stats.TruncatedStacks, stats.Expected)
	}
	return stacks, stats
}

func stateOf(pid int) byte {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	return text[strings.LastIndexByte(string(text), ')')+2]
}

func countOf(stacks []stack, choose func(*stack) bool) (sum int64) {
	for i := range stacks {
		if choose(&stacks[i]) {
			sum += stacks[i].count
		}
	}
	return sum
}

// shareError is how far a share measured with n samples may be from the truth:
// four standard deviations, which one run in 16,000 exceeds.
func shareError(share float64, n int64) float64 {
	return 4 * math.Sqrt(share*(1-share)/float64(n))
}

// A comment on a line tells what it calls, so that most stacks that could be
// drawn cannot exist.
const grammar = `
import sys
def leaf_a():
    total = 0
    for number in range(400):
        total += number
    return total
def leaf_b():
    total = 0
    for number in range(300):
        total ^= number
    return total
def mid_a():
    return leaf_a() + 1  # -> leaf_a
def mid_b():
    return (
        leaf_b()  # -> leaf_b
        + leaf_b()  # -> leaf_b
    )
def generate():
    for _ in range(3):
        yield leaf_a()  # -> leaf_a
def consume():
    total = 0
    for number in generate():  # -> generate
        total += number
    return total
def summed():
    return sum(leaf_b() for _ in range(3))  # -> leaf_b, <genexpr>
class Base(object):
    def method(self, number):
        return leaf_b() + number  # -> leaf_b
    @classmethod
    def made(cls):
        return leaf_a()  # -> leaf_a
class Derived(Base):
    def inherit(self):
        return self.method(2)  # -> method
def key(number):
    return leaf_a() * number  # -> leaf_a
def ordered():
    return sorted([3, 1, 2], key=key)  # -> key
def deep(left):
    if left == 0:
        return leaf_b()  # -> leaf_b
    return deep(left - 1)  # -> deep
def fails():
    try:
        raise ValueError(leaf_a())  # -> leaf_a
    except ValueError:
        return leaf_b()  # -> leaf_b
def root():
    one = Derived()
    print("ready")
    sys.stdout.flush()
    while True:
        mid_a()  # -> mid_a
        mid_b()  # -> mid_b
        consume()  # -> consume
        summed()  # -> summed
        one.inherit()  # -> inherit
        Derived.made()  # -> made
        ordered()  # -> ordered
        deep(12)  # -> deep
        fails()  # -> fails
root()
`

// calls are the lines that call each function, spans the lines each function has.
func readGrammar(program string) (calls map[string][]int, spans map[string][2]int) {
	calls, spans = map[string][]int{}, map[string][2]int{}
	function := ""
	for i, text := range strings.Split(program, "\n") {
		line := i + 1
		if name, ok := strings.CutPrefix(strings.TrimSpace(text), "def "); ok {
			function = name[:strings.IndexByte(name, '(')]
			// A function that was not begun yet is in the line of its decorator.
			spans[function] = [2]int{line - 1, line}
		} else if strings.HasPrefix(text, " ") && !strings.HasPrefix(strings.TrimSpace(text), "@") && function != "" {
			spans[function] = [2]int{spans[function][0], line}
		}
		_, callees, _ := strings.Cut(text, "# -> ")
		for callee := range strings.SplitSeq(callees, ", ") {
			calls[callee] = append(calls[callee], line)
		}
	}
	return calls, spans
}

// impossible says why the program cannot have been in a stack.
func impossible(s *stack, calls map[string][]int, spans map[string][2]int, script string) string {
	frames := s.python()
	at := slices.IndexFunc(frames, func(f aggregate.Frame) bool { return f.Name == "root" })
	for i := at + 1; at >= 0 && i < len(frames); i++ {
		frame, caller := frames[i], frames[i-1]
		name := bare(frame)
		span, known := spans[name]
		switch {
		case frame.RemotePath != script:
			return fmt.Sprintf("%s is in %s", frame.Name, frame.RemotePath)
		case known && (frame.Line < span[0] || frame.Line > span[1]):
			return fmt.Sprintf("%s is in line %d", frame.Name, frame.Line)
		case !slices.Contains(calls[name], caller.Line):
			return fmt.Sprintf("%s calls %s in line %d", caller.Name, frame.Name, caller.Line)
		}
	}
	return ""
}

func TestStacksKeepToTheCallGrammar(t *testing.T) {
	calls, spans := readGrammar(grammar)
	pythontest.Each(t, func(t *testing.T, python *pythontest.Interpreter) {
		running := python.Start(t, grammar)
		stacks, stats := record(t, running.PID, 1999, time.Second)
		bad := int64(0)
		met := map[string]bool{}
		for i := range stacks {
			if why := impossible(&stacks[i], calls, spans, running.Script); why != "" {
				t.Logf("%s: %d x %s", why, stacks[i].count, &stacks[i])
				bad += stacks[i].count
			}
			for _, frame := range stacks[i].python() {
				met[frame.Name] = true
			}
		}
		allowed := allowedTorn(python, stats.Samples)
		if bad > allowed || stats.ErrorStacks > allowed {
			t.Errorf("%d impossible stacks and %d with an error among %d", bad, stats.ErrorStacks, stats.Samples)
		}
		if stats.Samples < stats.Expected/2 || stats.Samples < 100 {
			t.Errorf("%d samples of %d: %v", stats.Samples, stats.Expected, stats.Counters)
		}
		owner := "Base"
		if python.Minor() < 11 {
			owner = "Derived" // the class of self
		}
		for _, name := range []string{
			"mid_a", "mid_b", "generate", "consume", "key", "ordered", "deep", "fails",
			owner + ".method", owner + ".made", "Derived.inherit",
		} {
			if !met[name] {
				t.Errorf("%s was never met, only %v", name, met)
			}
		}
	})
}

// stands is how many samples one stack may be (leastStand in thread.go).
const stands = 8

// allowedTorn is how many stacks may be wrong. 3.11 and 3.12 publish a frame before
// they have filled it: whoever looks in those nanoseconds, BPF too, sees the one
// that was there before.
func allowedTorn(python *pythontest.Interpreter, samples int64) int64 {
	if python.Minor() == 11 || python.Minor() == 12 {
		return stands + samples/1000
	}
	return 0
}

// Two functions whose CPU time is steered by the process's own clock.
const shares = `
import resource, sys
def seventy(rounds):
    total = 0
    for number in range(rounds):
        total += number * number % 7
    return total
def thirty(rounds):
    total = 0
    for number in range(rounds):
        total ^= number * 31 % 11
    return total
def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
clock = {seventy: 0.0, thirty: 0.0}
print("ready")
sys.stdout.flush()
while True:
    function = seventy if clock[seventy] * 0.3 <= clock[thirty] * 0.7 else thirty
    before = spent()
    function(20000)
    clock[function] += spent() - before
`

func TestSharesAreThoseOfTheCPUTime(t *testing.T) {
	for _, python := range pythontest.Some(t) {
		running := python.Start(t, shares)
		stacks, stats := record(t, running.PID, 999, 2*time.Second)
		in := func(name string) int64 {
			return countOf(stacks, func(s *stack) bool {
				return slices.ContainsFunc(s.python(), func(f aggregate.Frame) bool { return f.Name == name })
			})
		}
		seventy, both := in("seventy"), in("seventy")+in("thirty")
		if share := float64(seventy) / float64(both); math.Abs(share-0.7) > shareError(0.7, both)+0.01 {
			t.Errorf("seventy has %.3f of %d samples", share, both)
		}
		if ratio := float64(both) / float64(stats.Samples); ratio < 0.95 {
			t.Errorf("%.2f of the samples are in the two", ratio)
		}
		// The hot line of each is that of the work, and not the one that loops.
		for name, line := range map[string]int{"seventy": 6, "thirty": 11} {
			hot := countOf(stacks, func(s *stack) bool {
				frames := s.python()
				return len(frames) > 0 && frames[len(frames)-1].Name == name && frames[len(frames)-1].Line == line
			})
			if share := float64(hot) / float64(in(name)); share < 0.5 {
				t.Errorf("line %d has %.2f of %s", line, share, name)
			}
		}
		// A little CPU time lies before the first look and after the last.
		// On a machine that is busy with other things looks come too late.
		allowed := 0.05 + missedTicks(&stats)
		counted := stats.Samples + stats.Counters["too_late"]
		if off := math.Abs(float64(counted-stats.Expected)) / float64(stats.Expected); off > allowed {
			t.Errorf("%d samples and %d too late of %d", stats.Samples, stats.Counters["too_late"], stats.Expected)
		}
	}
}

// Threads that each run a function of their own, in turn and for different times.
const threads = `
import sys, threading, time
def named(number):
    space = {}
    exec("def work_%d(rounds):\n    total = 0\n    for n in range(rounds):\n        total += n %% 7\n    return total\n" % number, space)
    return space["work_%d" % number]
count = int(sys.argv[1])
turns = [threading.Event() for _ in range(count)]
def run(number):
    work = named(number)
    while True:
        turns[number].wait()
        turns[number].clear()
        work(8000 if number % 2 else 2000)
        turns[(number + 1) % count].set()
for number in range(count):
    thread = threading.Thread(target=run, args=(number,))
    thread.daemon = True
    thread.start()
turns[0].set()
print("ready")
sys.stdout.flush()
while True:
    time.sleep(1)
`

func TestThreadsAreToldApart(t *testing.T) {
	pythontest.Each(t, func(t *testing.T, python *pythontest.Interpreter) {
		running := python.Start(t, threads, "24")
		before := cpuNs(t, running.PID)
		stacks, stats := record(t, running.PID, 999, 2*time.Second)
		spent := cpuNs(t, running.PID)
		owner := map[string]int{}
		var samples, cpu [2]int64
		var broken int64
		for i := range stacks {
			s := &stacks[i]
			if s.isBroken() {
				broken += s.count
			}
			for _, frame := range s.python() {
				if !strings.HasPrefix(frame.Name, "work_") {
					continue
				}
				if tid, known := owner[frame.Name]; known && tid != s.tid {
					t.Errorf("%s runs in threads %d and %d", frame.Name, tid, s.tid)
				}
				owner[frame.Name] = s.tid
			}
		}
		if len(owner) < 20 {
			t.Errorf("only %d threads were met in %d samples of %d: %v", len(owner), stats.Samples, stats.Expected, stats.Counters)
		}
		if broken > allowedTorn(python, stats.Samples) {
			t.Errorf("%d stacks with an error: %v", broken, stats.Counters)
		}
		// Those with short turns have their share as those with long ones.
		for name, tid := range owner {
			number, _ := strconv.Atoi(strings.TrimPrefix(name, "work_"))
			samples[number%2] += countOf(stacks, func(s *stack) bool { return s.tid == tid })
			cpu[number%2] += spent[tid] - before[tid]
		}
		allowed := 0.1 + missedTicks(&stats)
		overall := float64(samples[0]+samples[1]) / float64(cpu[0]+cpu[1])
		for kind := range samples {
			if ratio := float64(samples[kind]) / float64(cpu[kind]) / overall; math.Abs(ratio-1) > allowed {
				t.Errorf("threads of kind %d have %.2f of their samples: %v", kind, ratio, stats.Counters)
			}
		}
	})
}

// missedTicks is the part of its ticks at which the machine had no CPU for the
// sampler, or had it late. Each is a look at another moment than the one that was
// due, so threads with short turns may miss that part of their share (README, Limits).
func missedTicks(stats *protocol.Stats) float64 {
	missed := stats.Counters["late_ticks"] + stats.Counters["skipped_ticks"]
	return float64(missed) / (float64(stats.DurationNs) / 1e9 * float64(stats.FrequencyHz))
}

// cpuNs is the CPU time of each thread.
func cpuNs(t *testing.T, pid int) map[int]int64 {
	t.Helper()
	list, err := proc.OpenTaskList(pid)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	ids, err := list.IDs()
	if err != nil {
		t.Fatal(err)
	}
	spent := map[int]int64{}
	for _, tid := range ids {
		task, err := proc.OpenTask(pid, tid)
		if err != nil {
			continue
		}
		if schedule, err := task.Schedule(make([]byte, 128)); err == nil {
			spent[tid] = schedule.CPUNs
		}
		task.Close()
	}
	return spent
}

// A process that starts others: a fork that goes on, from a thread that is its
// main one then, and one that executes another interpreter.
const children = `
import os, sys, threading
def in_child(count):
    total = 0
    while count:
        total += count % 3
    return total
def in_other():
    os.execv(sys.executable, [sys.executable, "-c", "def executed():\n    while True: pass\nexecuted()"])
print("ready")
sys.stdout.flush()
sys.stdin.read(1)
first = os.fork()
if first == 0:
    in_child(1)
second = os.fork()
if second == 0:
    in_other()
print("started")
sys.stdout.flush()
os.waitpid(first, 0)
`

func TestChildrenAreFollowed(t *testing.T) {
	python := pythontest.Interpreters(t)[0]
	command := python.Command("-c", children)
	command.SysProcAttr = ownGroup
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	running := pythontest.Run(t, command)
	t.Cleanup(func() { killGroup(running.PID) })
	time.AfterFunc(300*time.Millisecond, func() { _, _ = stdin.Write([]byte("x")) })
	stacks, stats := record(t, running.PID, 99, 3*time.Second)
	for _, name := range []string{"in_child", "executed"} {
		met := countOf(stacks, func(s *stack) bool {
			return slices.ContainsFunc(s.python(), func(f aggregate.Frame) bool { return f.Name == name })
		})
		if met == 0 {
			t.Errorf("%s was not met in %v", name, stats.Processes)
		}
	}
	if len(stats.Processes) < 3 {
		t.Errorf("processes %v", stats.Processes)
	}
}

// Root may do anything; what matters is a user who may do nothing. In a mount
// namespace of its own /root is open, so that all interpreters can be tried.
func TestAsNobody(t *testing.T) {
	if os.Geteuid() != 0 {
		return // all the other tests are this one
	}
	folder, err := os.MkdirTemp("", "procmem-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, "procmem.test")
	copyFile(t, os.Args[0], program)
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	script := `mount --bind "$1" /mnt && mount -t tmpfs -o mode=755 none "$0" && mkdir -p "$1" && mount --bind /mnt "$1"
shift; exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"`
	command := exec.Command("unshare", "-m", "sh", "-c", script, home, filepath.Join(home, ".pyenv"),
		program, "-test.run=^(TestStacksKeepToTheCallGrammar|TestSharesAreThoseOfTheCPUTime)$", "-test.v")
	command.Dir = "/"
	command.Env = append(os.Environ(), "TMPDIR=/tmp")
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if tried := strings.Count(string(said), "--- PASS: TestStacksKeepToTheCallGrammar/"); tried != len(pythontest.Interpreters(t)) {
		t.Errorf("%d of %d interpreters were tried", tried, len(pythontest.Interpreters(t)))
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
}
