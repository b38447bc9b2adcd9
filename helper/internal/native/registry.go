// Package native knows which files' code the followed processes run: it gives
// the sampler their unwind tables and names what the sampler met in them.
package native

import (
	"sync"
	"time"

	"emberline/helper/internal/proc"
	"emberline/helper/internal/symbolize"
	"emberline/helper/internal/trace"
	"emberline/helper/internal/unwind"
)

// Tables is the sampler's side: it searches what is put there.
type Tables interface {
	// AddTable returns the number of the table's first row; RemoveTable gives rows back.
	AddTable(table *unwind.Table) (first uint32, err error)
	RemoveTable(first, rows uint32)
	// AddMappings takes mappings sorted by address; UseMappings has an address space
	// use them from now on.
	AddMappings(mappings []trace.Mapping) (trace.MappingSet, error)
	UseMappings(generation uint32, set trace.MappingSet, loop trace.Loop) error
	DropMappings(generation uint32) error
	RemoveMappings(set trace.MappingSet)
}

const (
	// queueLength is how many looks may wait; what does not fit is asked for again by
	// the next sample that needs it.
	queueLength = 1024
	// firstPause is the least time between two looks at one process, and lastPause the
	// longest: looks that find nothing new come ever more seldom.
	firstPause = 100 * time.Millisecond
	lastPause  = 10 * time.Second
	// maxLoopBytes is more than any build of the evaluation loop has in its frame.
	maxLoopBytes = 4096
	// keepUnused is for how long a file stays loaded that no process maps any more.
	keepUnused = 30 * time.Second
)

// Registry keeps the native code of all followed address spaces. Its own
// goroutine does what takes time; what the caller of Find waits for is a lock.
type Registry struct {
	tables Tables

	mu     sync.Mutex
	spaces map[uint32]*space
	// files by what they are, and by their build ids.
	files  map[proc.FileID]*File
	builds map[buildID]*File
	// anonymous stands for all memory without a file.
	anonymous *File
	waiting   int
	idle      *sync.Cond

	queue chan job
	stop  chan struct{}
	done  chan struct{}
}

// job asks for a look at an address space's mappings, and before it for the table of a
// file that waited because it is big.
type job struct {
	generation uint32
	wanted     *File
}

// NewRegistry serves tables until Close.
func NewRegistry(tables Tables) *Registry {
	r := &Registry{
		tables:    tables,
		spaces:    map[uint32]*space{},
		files:     map[proc.FileID]*File{},
		builds:    map[buildID]*File{},
		anonymous: &File{},
		queue:     make(chan job, queueLength),
		stop:      make(chan struct{}),
		done:      make(chan struct{}),
	}
	r.idle = sync.NewCond(&r.mu)
	go r.work()
	return r
}

// Follow begins with an address space.
func (r *Registry) Follow(generation uint32, pid int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spaces[generation] = &space{pid: pid}
	r.ask(job{generation: generation})
}

// Fork begins with one that is a copy of another's.
func (r *Registry) Fork(child, parent uint32, pid int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &space{pid: pid}
	if from := r.spaces[parent]; from != nil && from.code != nil {
		s.code, s.loop = from.code, from.loop
		s.code.users++
	}
	r.spaces[child] = s
}

// Forget ends with one, whose samples have all been read.
func (r *Registry) Forget(generation uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.spaces[generation]
	if s == nil {
		return
	}
	delete(r.spaces, generation)
	if s.jit != nil {
		s.jit.Close()
	}
	// The kernel side forgets it with the process; one that is not followed any
	// more for another reason is forgotten here.
	_ = r.tables.DropMappings(generation)
	r.release(s.code)
}

// Ended tells that a walk ended for want of something that may be had.
func (r *Registry) Ended(generation uint32, how string, lastIP uint64) {
	if how != trace.NativeUnmapped && how != trace.NativeNotLoaded {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.spaces[generation]
	if s == nil || s.isAsked {
		return
	}
	if how == trace.NativeNotLoaded {
		if at := s.find(lastIP); at != nil && !at.file.isWanted {
			at.file.isWanted = true
			s.isAsked = r.ask(job{generation: generation, wanted: at.file})
		}
		return
	}
	if now := time.Now(); now.Sub(s.looked) >= s.pause {
		s.isAsked = r.ask(job{generation: generation})
	}
}

// Find is the file that an address lies in, and where in it in bytes; nil for
// none. The file of memory that has none, such as a JIT's, has no names.
func (r *Registry) Find(generation uint32, address uint64) (file *File, fileOffset uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.spaces[generation]
	if s == nil {
		return nil, 0
	}
	if at := s.find(address); at != nil {
		return at.file, address - at.Start + at.FileOffset
	}
	return nil, 0
}

// LearnLoop tells that the native frame at an address was that of an evaluation loop,
// and ended so many bytes above its entry frame: that is the same in all of them. It
// is false when the frame is none that can be trusted: a loop's own has a rule, a JIT's
// only proves itself by a whole stack.
func (r *Registry) LearnLoop(generation uint32, address, bytes uint64, isWhole bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.spaces[generation]
	if s == nil || s.code == nil {
		return false
	}
	file := s.loopAt(address, isWhole)
	if file == nil || bytes == 0 || bytes > maxLoopBytes {
		return false
	}
	s.loop = trace.Loop{Bytes: uint32(bytes), SavedFramePointer: file.loopSavedFP}
	// It is only a help: without it a walk ends where it ends.
	_ = r.tables.UseMappings(generation, s.code.set, s.loop)
	return true
}

// JITName is what the process says of code that it made itself (/tmp/perf-PID.map);
// ok is false when it says nothing.
func (r *Registry) JITName(generation uint32, address uint64) (name string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.spaces[generation]
	if s == nil {
		return "", false
	}
	if s.jit == nil {
		s.jit = symbolize.OpenPerfMap(s.pid)
	}
	return s.jit.Name(address)
}

// Settle waits until all that was asked for is done, but not longer than limit.
func (r *Registry) Settle(limit time.Duration) {
	late := time.AfterFunc(limit, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.idle.Broadcast()
	})
	defer late.Stop()
	deadline := time.Now().Add(limit)
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.waiting > 0 && time.Now().Before(deadline) {
		r.idle.Wait()
	}
}

// Close ends the work and closes all files. The tables stay: they end with the sampler.
func (r *Registry) Close() {
	close(r.stop)
	<-r.done
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, file := range r.files {
		file.close()
	}
	r.files, r.builds, r.spaces = nil, nil, nil
}

// ask queues a job; false when too many wait.
func (r *Registry) ask(one job) bool {
	select {
	case r.queue <- one:
		r.waiting++
		return true
	default:
		return false
	}
}
