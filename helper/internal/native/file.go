package native

import (
	"fmt"
	"io"
	"os"
	"time"

	"emberline/helper/internal/proc"
	"emberline/helper/internal/symbolize"
	"emberline/helper/internal/unwind"
)

const (
	vdso = "[vdso]"
	// bigFile is the size from which on a file's table waits until its code is met:
	// most of a process's libraries never run, and a big one's table takes up to a
	// second of CPU.
	bigFile = 32 << 20
	// biggestPython is the size from which on no evaluation loop is looked for: all
	// names of the file are read for it. CPython has 40 MiB with all its symbols.
	biggestPython = 128 << 20
	// maxVDSO bounds what is read of it; it has two pages.
	maxVDSO = 1 << 20
)

// loops are the names of CPython's evaluation loop: 2.7, and 3.6 on.
var loops = []string{"_PyEval_EvalFrameDefault", "PyEval_EvalFrameEx"}

type buildID string

// File is one file with code, shared by all processes that map it.
type File struct {
	// Path as the process sees it that was met first.
	Path string

	symbols *symbolize.Symbols
	// loop is where the evaluation loop of an interpreter lies, in file offsets.
	loop []symbolize.Range
	// loopSavedFP is how far below the end of its frame it saves the frame pointer.
	loopSavedFP uint32
	// loopHasFP: the frame's end is told by the frame pointer.
	loopHasFP bool
	// functions are those of the table, for code that has no name.
	functions unwind.Table
	// the table's rows, in the sampler's numbers
	firstRow, rows uint32
	build          buildID

	// isBig: the table is not loaded yet; reader is there for it.
	isBig    bool
	isWanted bool
	reader   *os.File

	isClosed    bool
	users       int
	unusedSince time.Time
}

// IsAnonymous tells whether it is memory without a file: a JIT's code.
func (f *File) IsAnonymous() bool { return f.Path == "" }

// Name is the function at a byte offset of the file, and the offset at which it
// begins. One without a symbol is named by that, and code of no function by itself.
func (f *File) Name(fileOffset uint64) (name string, start uint64) {
	if f.symbols != nil {
		if symbol, ok := f.symbols.Find(fileOffset); ok {
			return symbol.Name, symbol.Start
		}
	}
	if begin, _, ok := f.functions.Function(uint32(fileOffset)); ok {
		fileOffset = uint64(begin)
	}
	return fmt.Sprintf("0x%x", fileOffset), fileOffset
}

// IsLoop tells whether the evaluation loop of a CPython is at a byte offset.
func (f *File) IsLoop(fileOffset uint64) bool {
	for _, part := range f.loop {
		if fileOffset >= part.Start && fileOffset < part.End {
			return true
		}
	}
	return false
}

func (f *File) close() {
	f.isClosed = true
	if f.symbols != nil {
		f.symbols.Close()
	}
	if f.reader != nil {
		f.reader.Close()
	}
}

// open loads a file of so many bytes that was met for the first time, and takes over its
// handle.
func (r *Registry) open(process *proc.Process, opened *os.File, path string, size int64) *File {
	file := &File{Path: path}
	var debug symbolize.DebugFiles
	if root, err := symbolize.OpenRoot(process.PID); err == nil {
		defer root.Close()
		debug = root
	}
	// Without symbols it can be unwound nevertheless.
	file.symbols, _ = symbolize.LoadSymbols(opened, path, debug)
	file.reader = opened
	if file.symbols != nil {
		if id := file.symbols.BuildID(); id != "" {
			file.build = buildID(fmt.Sprintf("%s %d", id, size))
			if same := r.builds[file.build]; same != nil {
				file.close()
				return same
			}
			r.builds[file.build] = file
		}
		if size < biggestPython {
			for _, name := range loops {
				file.loop = append(file.loop, file.symbols.Ranges(name)...)
			}
		}
	}
	if size > bigFile && len(file.loop) == 0 {
		file.isBig = true
		return file
	}
	r.loadTable(file)
	return file
}

// loadTable gives the sampler a file's rules.
func (r *Registry) loadTable(file *File) {
	file.isBig = false
	r.addTable(file, file.reader)
}

func (r *Registry) addTable(file *File, from io.ReaderAt) {
	table, err := unwind.Build(from)
	if err != nil || table.Rows() == 0 {
		return // code without rules: by its frame pointers, if it has any
	}
	first, err := r.tables.AddTable(table)
	if err != nil {
		return // no room: the walk says that there is no rule
	}
	file.firstRow, file.rows = first, uint32(table.Rows())
	file.functions.Functions = table.Functions
	if len(file.loop) > 0 {
		body := bodyRule(table, file.loop[0])
		file.loopSavedFP, file.loopHasFP = uint32(body.SavedRBP()), body.Kind() == unwind.FramePointer
	}
	if len(file.loop) == 1 {
		// Split, and its other part has no name in a stripped file.
		file.loop = append(file.loop, coldParts(from, file.loop[0], table)...)
	}
}
