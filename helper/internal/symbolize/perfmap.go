package symbolize

import (
	"bytes"
	"cmp"
	"io"
	"math"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxMapBytes and maxMapEntries bound a map; a JIT that recompiles for days
	// writes more, and what comes later is left out.
	maxMapBytes   = 64 << 20
	maxMapEntries = 1 << 20
	// maxLine bounds a line; a longer one is skipped.
	maxLine = 4096
	// rereadAfter is how long a map is believed to be whole.
	rereadAfter = time.Second
)

// jitted is code that a line of a perf map names: 16 bytes and no pointer.
type jitted struct {
	start uint64
	size  uint32
	// name is where it begins in the file. It also tells which line is later.
	name uint32
}

func (j jitted) end() uint64 { return j.start + uint64(j.size) }

// PerfMap names code that a process has made at run time, from the file
// /tmp/perf-PID.map that JITs and `python -X perf` write (Linux,
// tools/perf/Documentation/jit-interface.txt). Lines are "START SIZE NAME", both
// numbers in hexadecimal. A later line replaces earlier ones that it overlaps:
// their code is gone. Safe for concurrent use.
type PerfMap struct {
	open func() (*os.File, error)
	now  func() time.Time

	mu      sync.Mutex
	file    *os.File
	checked time.Time
	entries []jitted
	// read is how far whole lines were taken; inLong is set within a line that is
	// too long.
	read   int64
	inLong bool
}

// OpenPerfMap is the map of a process. The file is looked for at the first
// question, and again from time to time: it may come to be at any moment.
func OpenPerfMap(pid int) *PerfMap {
	return &PerfMap{open: func() (*os.File, error) { return openMap(pid) }, now: time.Now}
}

// Name is what the map calls the code at an address of the process; false when
// no line has it. Where there is no answer the file's new part is read first, at
// most once a second.
func (m *PerfMap) Name(address uint64) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name, ok := m.name(address)
	if ok || !m.refresh() {
		return name, ok
	}
	return m.name(address)
}

// Bytes is the memory that the map holds.
func (m *PerfMap) Bytes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return cap(m.entries) * 16
}

// Close closes the file; nothing has a name afterwards until the file is opened again.
func (m *PerfMap) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forget()
}

func (m *PerfMap) forget() error {
	file := m.file
	m.file, m.entries, m.read, m.inLong = nil, nil, 0, false
	if file == nil {
		return nil
	}
	return file.Close()
}

func (m *PerfMap) name(address uint64) (string, bool) {
	after := sort.Search(len(m.entries), func(i int) bool { return m.entries[i].start > address })
	if after == 0 || address >= m.entries[after-1].end() {
		return "", false
	}
	line := make([]byte, maxLine)
	n, _ := m.file.ReadAt(line, int64(m.entries[after-1].name))
	name, _, _ := bytes.Cut(line[:n], []byte{'\n'})
	return strings.ToValidUTF8(string(name), "\uFFFD"), len(name) > 0
}

// refresh reads what is new; false when nothing is.
func (m *PerfMap) refresh() bool {
	now := m.now()
	if !m.checked.IsZero() && now.Sub(m.checked) < rereadAfter {
		return false
	}
	m.checked = now
	if m.file == nil {
		file, err := m.open()
		if err != nil {
			return false
		}
		m.file = file
	}
	info, err := m.file.Stat()
	if err == nil && isUnlinked(info) {
		// Another may stand in its place.
		_ = m.forget()
		return false
	}
	if err == nil && info.Size() < m.read {
		// It was written anew.
		m.entries, m.read, m.inLong = nil, 0, false
	}
	if err != nil || info.Size() <= m.read || m.read >= maxMapBytes || len(m.entries) >= maxMapEntries {
		return false
	}
	added := m.parse(io.NewSectionReader(m.file, m.read, maxMapBytes-m.read))
	if len(added) > 0 {
		m.entries = replaceOverlapped(append(m.entries, added...))
	}
	return len(added) > 0
}

// parse takes whole lines from where it was: a last one without its end is
// still being written.
func (m *PerfMap) parse(in io.Reader) (added []jitted) {
	limit := maxMapEntries - len(m.entries)
	buffer := make([]byte, 0, windowBytes)
	for {
		n, err := in.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		rest := buffer
		for len(added) < limit {
			line, after, found := bytes.Cut(rest, []byte{'\n'})
			if !found {
				break
			}
			if one, ok := parseLine(line); ok && !m.inLong {
				one.name += uint32(m.read)
				added = append(added, one)
			}
			m.inLong = false
			m.read += int64(len(line)) + 1
			rest = after
		}
		if len(rest) > maxLine && len(added) < limit {
			m.read += int64(len(rest))
			rest, m.inLong = nil, true
		}
		buffer = buffer[:copy(buffer, rest)]
		if err != nil || n == 0 || len(added) >= limit {
			return added
		}
	}
}

// parseLine reads "START SIZE NAME". The entry's name is its place in the line.
func parseLine(line []byte) (jitted, bool) {
	if len(line) > maxLine {
		return jitted{}, false
	}
	first, rest, _ := bytes.Cut(line, []byte{' '})
	second, name, _ := bytes.Cut(rest, []byte{' '})
	start, err := strconv.ParseUint(string(bytes.TrimPrefix(first, []byte("0x"))), 16, 64)
	size, err2 := strconv.ParseUint(string(bytes.TrimPrefix(second, []byte("0x"))), 16, 32)
	if err != nil || err2 != nil || size == 0 || len(name) == 0 || start > math.MaxUint64-size {
		return jitted{}, false
	}
	return jitted{start, uint32(size), uint32(len(line) - len(name))}, true
}

// replaceOverlapped sorts entries by address and keeps those that no later one
// overlaps. Of a set of entries at most one can be kept at any address, so one
// candidate is enough, beside the latest line that reaches so far.
func replaceOverlapped(entries []jitted) []jitted {
	slices.SortFunc(entries, func(x, y jitted) int {
		return cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(x.name, y.name))
	})
	var reaching latest
	kept := entries[:0]
	for _, one := range entries {
		reaching.dropUntil(one.start)
		if last := len(kept) - 1; last >= 0 && kept[last].end() > one.start && kept[last].name < one.name {
			kept = kept[:last]
		}
		if reaching.name() < one.name || len(reaching) == 0 {
			kept = append(kept, one)
		}
		reaching.add(one)
	}
	return kept
}
