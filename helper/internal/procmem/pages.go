package procmem

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"emberline/helper/internal/proc"
)

const (
	// pageBytes is the unit of reading. Two thirds of what a remote read costs is
	// to find and pin its page (0.4 us for 88 bytes and for 4,096), and frames
	// and code objects lie close together.
	pageBytes = proc.PageBytes
	// maxPlan bounds what is read ahead: 256 KiB.
	maxPlan = 64
	// maxPages bounds what one look reads: 8 MiB.
	maxPages = 2048
	// directBytes and more are read past the cache: line tables of generated code.
	directBytes = 4 * pageBytes
)

// memory is a process's, or in tests something else.
type memory interface {
	io.ReaderAt
	ReadPages(into []byte, pages []uint64) int
}

// pages is one look at a process's memory: each page is read once. A thread's
// next stack lies mostly where its last one did, so a look begins by reading the
// pages of the one before, in one system call.
type pages struct {
	memory memory
	// index of a page's bytes in data, by its address.
	index map[uint64]int
	data  []byte
	// used are the pages that were asked for, in this order.
	used   []uint64
	isUsed []bool
	last   uint64
	lastAt int

	scratch []byte
}

// begin forgets all and reads ahead, sorting the plan; what cannot be read is left out.
func (p *pages) begin(from memory, plan []uint64) {
	p.memory = from
	if p.index == nil {
		p.index = map[uint64]int{}
	}
	clear(p.index)
	p.data, p.used, p.isUsed, p.last = p.data[:0], p.used[:0], p.isUsed[:0], 0
	slices.Sort(plan)
	for tries := 0; len(plan) > 0 && tries < 4; tries++ {
		taken := p.readAhead(plan)
		// The page after those that were read is gone.
		plan = plan[min(taken+1, len(plan)):]
	}
}

// readAhead reads pages up to the first that is not there, and says how many.
func (p *pages) readAhead(plan []uint64) int {
	start := len(p.data)
	p.data = slices.Grow(p.data, len(plan)*pageBytes)[:start+len(plan)*pageBytes]
	taken := p.memory.ReadPages(p.data[start:], plan)
	for i, address := range plan[:taken] {
		p.index[address] = start/pageBytes + i
		p.isUsed = append(p.isUsed, false)
	}
	p.data = p.data[:start+taken*pageBytes]
	return taken
}

var errTooMuch = errors.New("one stack leads through too much memory")

// page returns the bytes of the page that begins at an address.
func (p *pages) page(address uint64) ([]byte, error) {
	at := p.lastAt
	if address != p.last || len(p.data) == 0 {
		var known bool
		if at, known = p.index[address]; !known {
			at = len(p.data) / pageBytes
			if at >= maxPages {
				return nil, errTooMuch
			}
			p.data = slices.Grow(p.data, pageBytes)[:(at+1)*pageBytes]
			if _, err := p.memory.ReadAt(p.data[at*pageBytes:], int64(address)); err != nil {
				p.data = p.data[:at*pageBytes]
				return nil, err
			}
			p.index[address] = at
			p.isUsed = append(p.isUsed, false)
		}
		p.last, p.lastAt = address, at
	}
	if !p.isUsed[at] {
		p.isUsed[at] = true
		p.used = append(p.used, address)
	}
	return p.data[at*pageBytes : (at+1)*pageBytes], nil
}

// plan is what to read ahead next time.
func (p *pages) plan(into []uint64) []uint64 {
	return append(into[:0], p.used[:min(len(p.used), maxPlan)]...)
}

// view returns size bytes at an address, valid until the next call; size is at most a page.
func (p *pages) view(address uint64, size int) ([]byte, error) {
	start := address &^ (pageBytes - 1)
	offset := int(address - start)
	first, err := p.page(start)
	if err != nil {
		return nil, err
	}
	if offset+size <= pageBytes {
		return first[offset : offset+size], nil
	}
	p.scratch = append(p.scratch[:0], first[offset:]...)
	second, err := p.page(start + pageBytes)
	if err != nil {
		return nil, err
	}
	p.scratch = append(p.scratch, second[:size-len(p.scratch)]...)
	return p.scratch, nil
}

// ReadAt makes it memory for everything that reads objects.
func (p *pages) ReadAt(into []byte, address int64) (int, error) {
	if len(into) >= directBytes {
		return p.memory.ReadAt(into, address)
	}
	for done := 0; done < len(into); {
		at := uint64(address) + uint64(done)
		size := min(len(into)-done, pageBytes-int(at&(pageBytes-1)))
		part, err := p.view(at, size)
		if err != nil {
			return done, fmt.Errorf("%w: %w", io.ErrUnexpectedEOF, err)
		}
		done += copy(into[done:], part)
	}
	return len(into), nil
}

// word reads 8 bytes.
func (p *pages) word(address uint64) (uint64, error) {
	part, err := p.view(address, 8)
	if err != nil {
		return 0, err
	}
	return wordAt(part, 0), nil
}
