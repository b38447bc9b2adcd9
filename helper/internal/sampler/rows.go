package sampler

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cilium/ebpf"

	"emberline/helper/internal/unwind"
)

const (
	rowsPerPage  = uint32(bpfLimitROWS_PER_PAGE)
	rowsPerShard = rowsPerPage * uint32(bpfLimitPAGES_PER_SHARD)
)

// errTablesFull: the unwind tables of all files together would take more than 512 MiB.
var errTablesFull = errors.New("there is no room for another unwind table")

// rowSpace hands out the row numbers of bpf/rows.h, and the memory behind them:
// a shard of 1 MiB whenever there is need, none given back before the end.
type rowSpace struct {
	mu sync.Mutex
	// free rows have memory and no table.
	free   rangeSet
	shards []*ebpf.Map
	// page is the scratch page that the next update writes.
	page bpfUnwindPage
}

func (r *rowSpace) close() error {
	var errs []error
	for _, shard := range r.shards {
		errs = append(errs, shard.Close())
	}
	r.shards = nil
	return errors.Join(errs...)
}

// addShard gives the next rows memory.
func (s *Sampler) addShard() error {
	r := &s.rows
	if uint32(len(r.shards)) >= s.objects.UnwindShards.MaxEntries() {
		return errTablesFull
	}
	shard, err := ebpf.NewMap(s.shard)
	if err != nil {
		return fmt.Errorf("make room for unwind tables: %w", err)
	}
	number := uint32(len(r.shards))
	if err := s.objects.UnwindShards.Put(number, shard); err != nil {
		return errors.Join(fmt.Errorf("make room for unwind tables: %w", err), shard.Close())
	}
	r.shards = append(r.shards, shard)
	r.free.give(numbers{number * rowsPerShard, (number + 1) * rowsPerShard})
	return nil
}

// AddTable puts a file's rules where the kernel side finds them and returns the
// number of its first row.
func (s *Sampler) AddTable(table *unwind.Table) (uint32, error) {
	count := uint32(table.Rows())
	s.rows.mu.Lock()
	defer s.rows.mu.Unlock()
	first, ok := s.rows.free.take(count)
	for !ok {
		if err := s.addShard(); err != nil {
			return 0, err
		}
		first, ok = s.rows.free.take(count)
	}
	if err := s.writeRows(first, table); err != nil {
		s.rows.free.give(numbers{first, first + count})
		return 0, err
	}
	return first, nil
}

// writeRows writes page by page; what else lies in the first and the last stays.
func (s *Sampler) writeRows(first uint32, table *unwind.Table) error {
	for done := 0; done < table.Rows(); {
		row := first + uint32(done)
		shard, page, at := s.rows.shards[row/rowsPerShard], row%rowsPerShard/rowsPerPage, row%rowsPerPage
		count := min(int(rowsPerPage-at), table.Rows()-done)
		if count < int(rowsPerPage) {
			if err := shard.Lookup(page, &s.rows.page); err != nil {
				return fmt.Errorf("read a page of unwind rows: %w", err)
			}
		}
		for i := range count {
			s.rows.page.Rows[int(at)+i] = bpfUnwindRow{Offset: table.Offsets[done+i], Rule: uint32(table.Rules[done+i])}
		}
		if err := shard.Put(page, &s.rows.page); err != nil {
			return fmt.Errorf("write a page of unwind rows: %w", err)
		}
		done += count
	}
	return nil
}

// RemoveTable gives a table's rows back, which no mapping may name any more.
func (s *Sampler) RemoveTable(first, rows uint32) {
	if rows == 0 {
		return
	}
	s.rows.mu.Lock()
	defer s.rows.mu.Unlock()
	s.rows.free.give(numbers{first, first + rows})
}
