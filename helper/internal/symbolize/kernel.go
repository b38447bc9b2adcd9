// Package symbolize turns addresses into names.
package symbolize

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"slices"
	"sort"
	"strconv"
	"sync"
)

// UnknownKernel names kernel code that has no name here: the symbols are hidden
// (kptr_restrict), or the address belongs to none of them.
const UnknownKernel = "[kernel]"

// maxFunctionBytes is how far from its start an address still counts as part of
// a function. /proc/kallsyms has no sizes; the largest functions of a
// distribution kernel are about 30 KiB, and a module that was loaded later would
// otherwise take the name of whatever lies before it.
const maxFunctionBytes = 64 << 10

// Kernel names kernel addresses from /proc/kallsyms. The file is read once, at
// first use: it takes about 50 ms and 3 MiB. Safe for concurrent use.
type Kernel struct {
	open  func() (io.ReadCloser, error)
	once  sync.Once
	table symbolTable
}

// NewKernel names the running kernel's addresses.
func NewKernel() *Kernel {
	return &Kernel{open: func() (io.ReadCloser, error) { return os.Open("/proc/kallsyms") }}
}

// Name is the symbol that holds the address, without its module, or UnknownKernel.
func (k *Kernel) Name(address uint64) string {
	k.once.Do(func() {
		file, err := k.open()
		if err != nil {
			return
		}
		defer file.Close()
		k.table = readKallsyms(file)
	})
	return k.table.name(address)
}

// symbolTable holds the names in one block and no pointer for each symbol, so
// that 60,000 of them cost the garbage collector nothing.
type symbolTable struct {
	symbols []symbol
	names   []byte
}

type symbol struct {
	address   uint64
	nameStart uint32
	nameBytes uint16
}

func (t *symbolTable) nameOf(s symbol) []byte {
	return t.names[s.nameStart : int(s.nameStart)+int(s.nameBytes)]
}

func (t *symbolTable) name(address uint64) string {
	next := sort.Search(len(t.symbols), func(i int) bool { return t.symbols[i].address > address })
	if next == 0 || address-t.symbols[next-1].address >= maxFunctionBytes {
		return UnknownKernel
	}
	return string(t.nameOf(t.symbols[next-1]))
}

// paddingPrefix marks the bytes in front of a function that tracing may patch
// (kernel 6.2, objtool --prefix). Nothing runs there.
var paddingPrefix = []byte("__pfx_")

// maxSymbols bounds the table at about 64 MiB; distribution kernels have 250,000.
const maxSymbols = 1 << 21

// readKallsyms keeps the text symbols, sorted, one for each address. Lines that
// are not in the form of kallsyms are skipped.
func readKallsyms(in io.Reader) symbolTable {
	var table symbolTable
	for lines := bufio.NewScanner(in); lines.Scan() && len(table.symbols) < maxSymbols; {
		address, name, ok := parseSymbol(lines.Bytes())
		if !ok || bytes.HasPrefix(name, paddingPrefix) {
			continue
		}
		table.symbols = append(table.symbols, symbol{address, uint32(len(table.names)), uint16(len(name))})
		table.names = append(table.names, name...)
	}
	slices.SortStableFunc(table.symbols, func(a, b symbol) int {
		switch {
		case a.address < b.address:
			return -1
		case a.address > b.address:
			return 1
		}
		// Of aliases the plain name is the one in the source: memcpy, not __memcpy.
		return underscores(table.nameOf(a)) - underscores(table.nameOf(b))
	})
	table.symbols = slices.CompactFunc(table.symbols, func(a, b symbol) bool { return a.address == b.address })
	table.symbols, table.names = slices.Clip(table.symbols), slices.Clip(table.names)
	return table
}

// parseSymbol reads "ADDRESS TYPE NAME[\t[MODULE]]" of a function. Where the
// kernel hides its addresses all of them are 0, which is no function's.
func parseSymbol(line []byte) (address uint64, name []byte, ok bool) {
	digits, rest, _ := bytes.Cut(line, []byte{' '})
	kind, name, _ := bytes.Cut(rest, []byte{' '})
	if len(kind) != 1 || !bytes.ContainsAny(kind, "tTwW") {
		return 0, nil, false
	}
	address, err := strconv.ParseUint(string(digits), 16, 64)
	name, _, _ = bytes.Cut(name, []byte{'\t'})
	if err != nil || address == 0 || len(name) == 0 || len(name) > 0xffff {
		return 0, nil, false
	}
	return address, name, true
}

func underscores(name []byte) int { return len(name) - len(bytes.TrimLeft(name, "_")) }
