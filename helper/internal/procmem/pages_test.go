package procmem

import (
	"bytes"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"emberline/helper/internal/proc"
)

func taskOf(t *testing.T) *proc.Task {
	t.Helper()
	task, err := proc.OpenTask(os.Getpid(), os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(task.Close)
	return task
}

// counted is this process's own memory, with the system calls that it took.
type counted struct {
	proc.Memory
	single, batches int
}

func (c *counted) ReadAt(into []byte, address int64) (int, error) {
	c.single++
	return c.Memory.ReadAt(into, address)
}

func (c *counted) ReadPages(into []byte, pages []uint64) int {
	c.batches++
	return c.Memory.ReadPages(into, pages)
}

// mapped is eight pages, each full of its number; the fifth is not there.
func mapped(t *testing.T) uint64 {
	t.Helper()
	area, err := unix.Mmap(-1, 0, 8*pageBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	for i := range area {
		area[i] = byte(i / pageBytes)
	}
	if err := unix.Mprotect(area[5*pageBytes:6*pageBytes], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(area) })
	return uint64(uintptr(unsafe.Pointer(&area[0])))
}

func TestPages(t *testing.T) {
	base := mapped(t)
	memory := &counted{Memory: proc.Memory(os.Getpid())}
	var p pages
	p.begin(memory, nil)
	for _, page := range []uint64{1, 2, 4, 7, 1} {
		if got, err := p.view(base+page*pageBytes+100, 8); err != nil || !bytes.Equal(got, bytes.Repeat([]byte{byte(page)}, 8)) {
			t.Errorf("page %d: %v, %v", page, got, err)
		}
	}
	if memory.single != 4 {
		t.Errorf("%d reads of 4 pages", memory.single)
	}
	across, err := p.view(base+2*pageBytes-3, 8)
	if err != nil || !bytes.Equal(across, []byte{1, 1, 1, 2, 2, 2, 2, 2}) {
		t.Errorf("across pages: %v, %v", across, err)
	}
	if _, err := p.view(base+5*pageBytes-3, 8); err == nil {
		t.Error("memory that is not there was read")
	}
	if _, err := p.word(1 << 63); err == nil {
		t.Error("the kernel's memory was read")
	}
	long := make([]byte, 3*pageBytes)
	if n, err := p.ReadAt(long, int64(base)); n != len(long) || err != nil || long[2*pageBytes] != 2 {
		t.Errorf("%d of %d bytes, %v", n, len(long), err)
	}
}

// The next look reads in one call what this one needed, also when a page has gone.
func TestPagesAreReadAhead(t *testing.T) {
	base := mapped(t)
	memory := &counted{Memory: proc.Memory(os.Getpid())}
	var p pages
	p.begin(memory, []uint64{base + 7*pageBytes, base + 5*pageBytes, base, base + pageBytes, base + 4*pageBytes})
	if memory.batches != 2 {
		t.Errorf("%d calls where one page of five is not there", memory.batches)
	}
	for _, page := range []uint64{7, 0, 1} {
		if got, err := p.view(base+page*pageBytes, 1); err != nil || got[0] != byte(page) {
			t.Errorf("page %d: %v, %v", page, got, err)
		}
	}
	if memory.single != 0 {
		t.Errorf("%d pages were read again", memory.single)
	}
	// What was not used this time is not wanted next time.
	if plan := p.plan(nil); len(plan) != 3 || plan[0] != base+7*pageBytes {
		t.Errorf("plan %x of base %x", plan, base)
	}
}

func TestPagesAreBounded(t *testing.T) {
	var p pages
	p.begin(garbage(make([]byte, pageBytes)), nil)
	read := 0
	for page := uint64(1); page < 3*maxPages; page++ {
		if page&15 == 15 {
			continue // not there
		}
		if _, err := p.page(page * pageBytes); err != nil {
			break
		}
		read++
	}
	if read != maxPages || len(p.data) != maxPages*pageBytes {
		t.Errorf("%d pages were read", read)
	}
	if plan := p.plan(nil); len(plan) != maxPlan {
		t.Errorf("%d pages would be read ahead", len(plan))
	}
}
