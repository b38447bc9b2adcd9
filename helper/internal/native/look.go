package native

import (
	"errors"
	"os"
	"time"

	"emberline/helper/internal/proc"
	"emberline/helper/internal/trace"
)

// work does the jobs one after the other.
func (r *Registry) work() {
	defer close(r.done)
	sweep := time.NewTicker(keepUnused / 2)
	defer sweep.Stop()
	for {
		select {
		case <-r.stop:
			return
		case now := <-sweep.C:
			r.dropUnused(now)
		case one := <-r.queue:
			r.look(one)
			r.mu.Lock()
			r.waiting--
			if r.waiting == 0 {
				r.idle.Broadcast()
			}
			r.mu.Unlock()
		}
	}
}

// look reads the mappings of an address space, and loads what it does not know yet.
func (r *Registry) look(one job) {
	r.mu.Lock()
	s := r.spaces[one.generation]
	r.mu.Unlock()
	if s == nil {
		return
	}
	if one.wanted != nil {
		r.loadTable(one.wanted)
	}
	mappings, err := r.mappingsOf(s.pid)
	r.mu.Lock()
	defer r.mu.Unlock()
	s.isAsked, s.looked = false, time.Now()
	if err != nil || r.spaces[one.generation] != s || s.code.equals(mappings) {
		// Nothing new, or the process is gone.
		s.pause = min(max(2*s.pause, firstPause), lastPause)
		return
	}
	s.pause = firstPause
	r.use(one.generation, s, mappings)
}

// mappingsOf lists what can be executed in a process, with the files that are there.
func (r *Registry) mappingsOf(pid int) ([]mapped, error) {
	process, err := proc.Open(pid)
	if err != nil {
		return nil, err
	}
	defer process.Close()
	all, err := process.Maps()
	if err != nil {
		return nil, err
	}
	var mappings []mapped
	for i := range all {
		if !all[i].Executable() || all[i].Path == "[vsyscall]" {
			continue
		}
		file := r.fileOf(process, &all[i])
		mappings = append(mappings, mapped{
			Mapping: trace.Mapping{
				Start: all[i].Start, End: all[i].End, FileOffset: all[i].FileOffset,
				FirstRow: file.firstRow, Rows: file.rows, NotLoaded: file.isBig,
			},
			file: file,
		})
	}
	return mappings, nil
}

// fileOf is the file in a mapping, loaded when it is met for the first time.
func (r *Registry) fileOf(process *proc.Process, at *proc.Mapping) *File {
	if at.Inode == 0 && at.Path != vdso {
		return r.anonymous
	}
	if at.Path == vdso {
		return r.known(proc.FileID{Inode: ^uint64(0)}, func() *File { return r.openVDSO(process, at) })
	}
	opened, id, err := openMapped(process, at)
	if err != nil {
		return r.known(proc.FileID{Inode: at.Inode, Size: -1}, func() *File { return &File{Path: at.Path} })
	}
	isNew := false
	file := r.known(id, func() *File {
		isNew = true
		return r.open(process, opened, at.Path, id.Size)
	})
	if !isNew {
		opened.Close()
	}
	return file
}

// openMapped opens a mapped file and tells which it is.
func openMapped(process *proc.Process, at *proc.Mapping) (*os.File, proc.FileID, error) {
	opened, err := process.OpenMapped(at)
	if err != nil {
		return nil, proc.FileID{}, err
	}
	id, err := proc.FileIDOf(opened)
	if err != nil {
		return nil, id, errors.Join(err, opened.Close())
	}
	return opened, id, nil
}

// known is the file with this id, made when there is none. Only the registry's own
// goroutine adds files.
func (r *Registry) known(id proc.FileID, open func() *File) *File {
	r.mu.Lock()
	file := r.files[id]
	r.mu.Unlock()
	if file != nil {
		return file
	}
	file = open()
	r.mu.Lock()
	r.files[id] = file
	r.mu.Unlock()
	return file
}

// use makes mappings those of an address space; the caller holds the lock.
func (r *Registry) use(generation uint32, s *space, mappings []mapped) {
	plain := make([]trace.Mapping, len(mappings))
	for i := range mappings {
		plain[i] = mappings[i].Mapping
	}
	set, err := r.tables.AddMappings(plain)
	if err != nil {
		return // full: the old ones stay, and the walk says what it does not know
	}
	if r.tables.UseMappings(generation, set, s.loop) != nil {
		r.tables.RemoveMappings(set)
		return
	}
	for i := range mappings {
		mappings[i].file.users++
	}
	r.release(s.code)
	s.code = &code{set: set, mappings: mappings, users: 1}
}

// release ends one use of a set; the caller holds the lock.
func (r *Registry) release(c *code) {
	if c == nil {
		return
	}
	if c.users--; c.users > 0 {
		return
	}
	r.tables.RemoveMappings(c.set)
	now := time.Now()
	for i := range c.mappings {
		file := c.mappings[i].file
		if file.users--; file.users == 0 {
			file.unusedSince = now
		}
	}
}

// dropUnused unloads files that nobody maps any more.
func (r *Registry) dropUnused(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, file := range r.files {
		if file.users > 0 || file.unusedSince.IsZero() || now.Sub(file.unusedSince) < keepUnused {
			continue
		}
		delete(r.files, id)
		if file.isClosed {
			continue // it was there under another id, too
		}
		if file.build != "" && r.builds[file.build] == file {
			delete(r.builds, file.build)
		}
		r.tables.RemoveTable(file.firstRow, file.rows)
		file.close()
	}
}
