package procmem

import (
	"errors"
	"io"
	"os"
	"slices"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/proc"
	"emberline/helper/internal/trace"
)

// process is one address space that is followed.
type process struct {
	pid         int
	generation  uint32
	interpreter *cpython.Interpreter
	offsets     *cpython.Offsets
	memory      memory
	// space is its address space, open for as long as that lives.
	space *os.File
	list  *proc.TaskList
	// isOwnNamespace: its PID namespace is the helper's.
	isOwnNamespace bool
	ledger

	// threads, the newest first: it is mostly the newest that runs.
	threads []*thread
	// seenNs is the CPU time at the latest look from each CPU.
	seenNs map[int]int64
	// latest is the thread that was met last on each CPU.
	latest map[int]*thread
	// key of pthread_getspecific, -1 while it is not known.
	key int32
	// codes and classes that were sent.
	codes   map[trace.CodeID]codeFlags
	classes map[uint64]struct{}
}

// openProcess opens what is needed to look at a process. Its threads are found
// by refresh.
func openProcess(pid int, interpreter *cpython.Interpreter) (*process, error) {
	list, err := proc.OpenTaskList(pid)
	if err != nil {
		return nil, err
	}
	space, err := proc.OpenSpace(pid)
	if err != nil {
		return nil, errors.Join(err, list.Close())
	}
	p := &process{
		pid: pid, interpreter: interpreter, offsets: &interpreter.Offsets, memory: proc.Memory(pid), list: list, space: space,
		isOwnNamespace: proc.IsOwnPIDNamespace(pid),
		seenNs:         map[int]int64{}, latest: map[int]*thread{}, key: -1,
		codes: map[trace.CodeID]codeFlags{}, classes: map[uint64]struct{}{},
	}
	if interpreter.Access.Key != nil {
		p.key = *interpreter.Access.Key
	}
	p.nowNs, _ = proc.CPUTimeNs(pid)
	p.startNs = p.nowNs
	return p, nil
}

func (p *process) close() {
	for _, t := range p.threads {
		t.task.Close()
	}
	_ = errors.Join(p.list.Close(), p.space.Close())
}

// hasRun tells whether any of its threads ran since the latest look from a CPU.
// The kernel counts up to this very moment, also for threads that are on a CPU.
func (p *process) hasRun(cpu int) bool {
	now, err := proc.CPUTimeNs(p.pid)
	if err != nil {
		return false
	}
	p.nowNs = max(p.nowNs, now)
	if before, known := p.seenNs[cpu]; known && before == now {
		return false
	}
	p.seenNs[cpu] = now
	return true
}

// refresh finds threads that are new when their number has changed, or when asked to.
func (p *process) refresh(buffer []byte, always bool) {
	count, err := p.list.Count()
	if err != nil || count == len(p.threads) && !always {
		return
	}
	ids, err := p.list.IDs()
	if err != nil {
		return
	}
	p.threads = slices.DeleteFunc(p.threads, func(t *thread) bool {
		at := slices.Index(ids, t.task.TID)
		if at < 0 {
			p.closeThread(t)
			return true
		}
		ids = slices.Delete(ids, at, at+1)
		return false
	})
	slices.Sort(ids)
	for _, tid := range ids {
		if t, err := p.openThread(tid, buffer); err == nil {
			p.threads = slices.Insert(p.threads, 0, t)
		}
	}
}

func (p *process) openThread(tid int, buffer []byte) (*thread, error) {
	task, err := proc.OpenTask(p.pid, tid)
	if err != nil {
		return nil, err
	}
	t := &thread{task: task, innermostID: tid}
	if !p.isOwnNamespace {
		if t.innermostID, err = task.InnermostID(buffer); err != nil {
			task.Close()
			return nil, err
		}
	}
	return t, nil
}

// begin makes what its threads ran so far no part of the account.
func (p *process) begin(buffer []byte) {
	p.refresh(buffer, true)
	for _, t := range p.threads {
		if schedule, err := t.task.Schedule(buffer); err == nil {
			t.schedule, t.polled = schedule, schedule
			t.startNs, t.nowNs = schedule.CPUNs, schedule.CPUNs
		}
	}
}

// forget drops a thread that has ended.
func (p *process) forget(t *thread) {
	p.closeThread(t)
	p.threads = slices.DeleteFunc(p.threads, func(other *thread) bool { return other == t })
}

// closeThread ends the use of a thread that is about to leave p.threads.
func (p *process) closeThread(t *thread) {
	t.task.Close()
	for cpu, latest := range p.latest {
		if latest == t {
			delete(p.latest, cpu)
		}
	}
}

// byID finds a thread by its id in its own PID namespace.
func (p *process) byID(innermostID int) *thread {
	for _, t := range p.threads {
		if t.innermostID == innermostID {
			return t
		}
	}
	return nil
}

// isGone tells that the process has ended, or runs another program: of an address
// space that is gone nothing can be read, which is no error (fs/proc/base.c, mem_rw).
func (p *process) isGone() bool {
	var one [1]byte
	_, err := p.space.ReadAt(one[:], int64(p.interpreter.InterpretersAddress))
	return errors.Is(err, io.EOF)
}
