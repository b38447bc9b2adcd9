package cpython

import (
	"encoding/json"
	"io"
	"math/rand"
	"strconv"
	"testing"

	"emberline/helper/internal/proc"
	"emberline/helper/internal/pythontest"
)

// Threads of many kinds, each named otherwise than the OS names it; the truth is
// printed: {thread id: name}.
const namedThreads = `# coding: utf-8
import ctypes, json, os, sys, threading
gettid = lambda: ctypes.CDLL(None).syscall(186)
truth = {}
lock = threading.Lock()
leave = threading.Event()
class Worker(threading.Thread):
    def __init__(self, name):
        threading.Thread.__init__(self, name=name)
        self.daemon = True
        self.number = 5
    def run(self):
        with lock:
            truth[gettid()] = self.name
        started.release()
        leave.wait()
class Slotted(Worker):
    __slots__ = ("one", "two")
started = threading.Semaphore(0)
names = ["plain", "a name longer than fifteen bytes", "gr\u00fcn", "\u043f\u043e\u0442\u0456\u043a 7", "\U0001f525 hot", "x" * 200]
if sys.version_info[0] == 2:
    names = [name.encode("utf-8") for name in ["plain", "a name longer than fifteen bytes", u"gr\u00fcn"]]
for name in names:
    Worker(name).start()
for number in range(40):
    Slotted("pool-%d" % number).start()
touched = Worker("with a dict of its own")
touched.__dict__["later"] = 1
for number in range(40):
    setattr(touched, "attribute_%d" % number, number)
touched.start()
# One that Python did not start names itself.
for _ in range(len(names) + 41):
    started.acquire()
threading.current_thread().name = "main of them"
truth[gettid()] = threading.current_thread().name
text = json.dumps(truth)
print(text)
sys.stdout.flush()
leave.wait(60)
`

func TestThreadNamesAreThoseOfThreading(t *testing.T) {
	pythontest.Each(t, func(t *testing.T, python *pythontest.Interpreter) {
		running := python.Start(t, namedThreads)
		truth := map[string]string{}
		if err := json.Unmarshal([]byte(running.Ready), &truth); err != nil {
			t.Fatal(err)
		}
		found, err := detect(t, NewDetector(), running.PID)
		if err != nil {
			t.Fatal(err)
		}
		names := NewThreadNames(proc.Memory(running.PID), found)
		for range 2 { // the second time from what is known
			got := names.Read()
			for id, want := range truth {
				tid, _ := strconv.Atoi(id)
				if got[tid] != want {
					t.Errorf("thread %d is %q, not %q", tid, got[tid], want)
				}
			}
		}
	})
}

func TestThreadNamesOfAProgramWithoutThreads(t *testing.T) {
	pythontest.Each(t, func(t *testing.T, python *pythontest.Interpreter) {
		running := python.Start(t, "import sys, time\nprint('ready'); sys.stdout.flush(); time.sleep(60)\n")
		found, err := detect(t, NewDetector(), running.PID)
		if err != nil {
			t.Fatal(err)
		}
		if got := NewThreadNames(proc.Memory(running.PID), found).Read(); len(got) > 1 || got[running.PID] != "MainThread" && len(got) == 1 {
			t.Errorf("names %v", got)
		}
	})
}

// garbage is memory full of pointers into itself and other numbers: every path
// is walked, most of them in circles.
type garbage struct {
	base  uint64
	bytes []byte
}

func (g garbage) ReadAt(p []byte, address int64) (int, error) {
	at := uint64(address) - g.base
	if at > uint64(len(g.bytes)) || copy(p, g.bytes[at:]) < len(p) {
		return 0, io.ErrUnexpectedEOF
	}
	return len(p), nil
}

func newGarbage(seed []byte) garbage {
	g := garbage{base: 0x1000, bytes: make([]byte, 1<<14)}
	state := int64(len(seed))
	for _, b := range seed {
		state = state*131 + int64(b)
	}
	random := rand.New(rand.NewSource(state))
	for at := 0; at < len(g.bytes); at += 8 {
		value := g.base + uint64(random.Intn(len(g.bytes)))
		switch random.Intn(4) {
		case 0:
			value = uint64(random.Intn(64))
		case 1:
			value = random.Uint64()
		}
		for i := range 8 {
			g.bytes[at+i] = byte(value >> (8 * i))
		}
	}
	copy(g.bytes[random.Intn(len(g.bytes)/2):], seed)
	return g
}

func FuzzThreadNames(f *testing.F) {
	f.Add([]byte("threading _active _name"), uint8(0))
	for version := range uint8(len(fuzzedBuilds)) {
		f.Add([]byte{version, 1, 2, 3}, version)
	}
	f.Fuzz(func(_ *testing.T, seed []byte, build uint8) {
		interpreter := fuzzedBuilds[int(build)%len(fuzzedBuilds)]
		memory := newGarbage(seed)
		interpreter.InterpretersAddress = memory.base + 64
		names := NewThreadNames(memory, &interpreter)
		names.Read()
		// The dicts themselves are as much garbage as what leads to them.
		names.active[memory.base+128] = memory.base + 256
		names.Read()
		r := &objectReader{memory: memory, offsets: &interpreter.Offsets, version: interpreter.Version}
		for at := memory.base; at < memory.base+512; at += 8 {
			_, _ = names.nameOf(r, activeThread{at, at + 64})
			_, _ = r.attribute(at, "_name")
		}
	})
}

// fuzzedBuilds are the layouts of every version that has measured offsets.
var fuzzedBuilds = func() []Interpreter {
	var builds []Interpreter
	for _, version := range []Version{{Major: 2, Minor: 7}, {Major: 3, Minor: 6}, {Major: 3, Minor: 10}, {Major: 3, Minor: 11}, {Major: 3, Minor: 12}} {
		o, err := OffsetsOf(version, false, nil)
		if err != nil {
			panic(err)
		}
		builds = append(builds, Interpreter{Version: version, Libc: "glibc", Offsets: o})
	}
	// 3.13's differ from 3.12's by little that garbage would show.
	for _, freeThreaded := range []bool{false, true} {
		last := builds[4]
		last.Version.Minor, last.FreeThreaded = 13, freeThreaded
		builds = append(builds, last)
	}
	return builds
}()
