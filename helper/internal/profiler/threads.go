package profiler

import (
	"fmt"
	"time"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/cpython"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/trace"
	"emberline/helper/protocol"
)

// threadTable are the threads of one process that were met.
type threadTable struct {
	frames map[int]aggregate.FrameID
	// python are the names that threading has, by the ids that threads have in the
	// process's own PID namespace.
	python map[int]string
	reader *cpython.ThreadNames
	// isOwnNamespace: those are the ids that samples have, too.
	isOwnNamespace bool
	// restUntil keeps reading below a tenth of the time.
	restUntil time.Time
}

func newThreadTable(pid int, interpreter *cpython.Interpreter) *threadTable {
	return &threadTable{
		frames:         map[int]aggregate.FrameID{},
		reader:         cpython.NewThreadNames(proc.Memory(pid), interpreter),
		isOwnNamespace: proc.IsOwnPIDNamespace(pid),
	}
}

// thread is the frame of a sample's thread. It is named as Python names it, else
// as the kernel does. A thread that is new has the names read again.
func (s *Session) thread(t *target, sample *trace.Sample) aggregate.FrameID {
	id, ok := t.threads.frames[sample.TID]
	if !ok {
		name := t.threads.name(t.pid, sample.TID)
		if name == "" {
			name = sample.Comm
		}
		id = s.tree.Frame(aggregate.Frame{
			Kind: protocol.KindThread, Name: fmt.Sprintf("%s [%d]", name, sample.TID),
		})
		t.threads.frames[sample.TID] = id
	}
	return id
}

// name is empty when Python has none for the thread.
func (t *threadTable) name(pid, tid int) string {
	if !t.isOwnNamespace {
		tid = innermostID(pid, tid)
	}
	if name := t.python[tid]; name != "" {
		return name
	}
	if started := time.Now(); started.After(t.restUntil) {
		t.python = t.reader.Read()
		ended := time.Now()
		t.restUntil = ended.Add(9 * ended.Sub(started))
	}
	return t.python[tid]
}

// innermostID is the thread's id in the PID namespace of its process, 0 when it has gone.
func innermostID(pid, tid int) int {
	task, err := proc.OpenTask(pid, tid)
	if err != nil {
		return 0
	}
	defer task.Close()
	id, err := task.InnermostID(make([]byte, 4096))
	if err != nil {
		return 0
	}
	return id
}
