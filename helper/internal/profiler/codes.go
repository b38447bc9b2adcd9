package profiler

import (
	"io"
	"path"
	"strings"

	"emberline/helper/internal/aggregate"
	"emberline/helper/internal/cpython"
	"emberline/helper/internal/trace"
	"emberline/helper/protocol"
)

// code is a code object as the sampler met it, with the frames of it that were
// seen so far: one for each place in it that was executed.
type code struct {
	text      cpython.Code
	isShim    bool
	sourcePID int
	frames    map[framePlace]aggregate.FrameID
}

// framePlace is where in a code object a frame is, and of which class its method.
type framePlace struct {
	byteOffset int32
	class      uint64
}

// codeTable resolves (code object, byte offset) to frames, each pair once. It
// is kept by address space, so that one that ended is dropped whole.
type codeTable struct {
	tree  *aggregate.Tree
	codes map[uint32]map[trace.CodeID]*code
	// classes are names by generation and id.
	classes map[uint32]map[uint64]string
}

func newCodeTable(tree *aggregate.Tree) *codeTable {
	return &codeTable{tree: tree, codes: map[uint32]map[trace.CodeID]*code{}, classes: map[uint32]map[uint64]string{}}
}

// shimName is both name and file of the code that cleans up after a class call
// that was specialised (3.13+): a frame that no program wrote
// (CPython Python/specialize.c, _Py_InitCleanup).
const shimName = "__init__"

const unknownName = "<unreadable name>"

// add decodes a code object at first sight and returns its file. Pieces that
// the kernel could not carry are read from the process while it is still there.
func (c *codeTable) add(record *trace.CodeRecord, t *target, memory io.ReaderAt) string {
	offsets := &t.interpreter.Offsets
	text := cpython.Code{
		FirstLine: record.FirstLine,
		Form:      offsets.Form,
		Filename:  stringPiece(record.Filename, memory, offsets),
		Qualname:  stringPiece(record.Qualname, memory, offsets),
	}
	if record.LineTable.Present {
		text.LineTable = record.LineTable.Bytes
	} else if table, err := cpython.ReadBytes(memory, record.LineTable.Address, offsets); err == nil {
		text.LineTable = table
	}
	isShim := text.Filename == shimName && text.Qualname == shimName
	text.Filename = absolute(text.Filename, t.directory)
	of := c.codes[record.ID.Generation]
	if of == nil {
		of = map[trace.CodeID]*code{}
		c.codes[record.ID.Generation] = of
	}
	of[record.ID] = &code{
		text:      text,
		isShim:    isShim,
		sourcePID: t.sourcePID,
		frames:    map[framePlace]aggregate.FrameID{},
	}
	return text.Filename
}

// absolute resolves a file name that is relative to where the program started,
// and takes out the "." of `python ./app.py`, which no other name of the file
// has ("<string>" and its like are no files). ".." stays where the interpreter
// says it: it may follow a symbolic link.
func absolute(filename, directory string) string {
	switch {
	case filename == "" || strings.HasPrefix(filename, "<"):
		return filename
	case path.IsAbs(filename):
		if strings.Contains(filename, "..") {
			return filename
		}
		return path.Clean(filename)
	case directory == "":
		return filename
	}
	return path.Join(directory, filename)
}

func stringPiece(piece trace.Piece, memory io.ReaderAt, offsets *cpython.Offsets) string {
	if piece.Present {
		return cpython.DecodeCharacters(piece.Bytes, piece.Kind)
	}
	text, err := cpython.ReadString(memory, piece.Address, offsets)
	if err != nil {
		return unknownName
	}
	return text
}

// frame resolves one Python frame. ok is false for frames that are not calls of
// the program: entry markers and the clean-up shim.
func (c *codeTable) frame(frame *trace.PythonFrame) (aggregate.FrameID, bool) {
	if frame.Marker {
		return 0, false
	}
	if frame.Code.Checksum == 0 {
		return c.tree.Frame(errorFrame("code_unreadable")), true
	}
	found := c.codes[frame.Code.Generation][frame.Code]
	if found == nil {
		return c.tree.Frame(errorFrame(codeNotReceived)), true
	}
	if found.isShim {
		return 0, false
	}
	place := framePlace{frame.ByteOffset, frame.Class}
	id, ok := found.frames[place]
	if !ok {
		at := found.at(frame.ByteOffset)
		if class := c.classes[frame.Code.Generation][frame.Class]; class != "" {
			at.Name = class + "." + at.Name
		}
		id = c.tree.Frame(at)
		found.frames[place] = id
	}
	return id, true
}

// knows tells whether all names of a stack have been received.
func (c *codeTable) knows(frames []trace.PythonFrame) bool {
	for i := range frames {
		if frames[i].Marker || frames[i].Code.Checksum == 0 {
			continue
		}
		if c.codes[frames[i].Code.Generation][frames[i].Code] == nil {
			return false
		}
	}
	return true
}

func (c *code) at(byteOffset int32) aggregate.Frame {
	place := c.text.Location(int(byteOffset))
	return aggregate.Frame{
		Kind:       protocol.KindPython,
		Name:       c.text.Qualname,
		RemotePath: c.text.Filename,
		PID:        c.sourcePID,
		FirstLine:  c.text.FirstLine,
		Line:       place.Line,
		EndLine:    place.EndLine,
		Column:     place.Column,
		EndColumn:  place.EndColumn,
	}
}

// forget drops the code objects of an address space that is gone.
func (c *codeTable) forget(generation uint32) {
	delete(c.codes, generation)
	delete(c.classes, generation)
}

// addClass names a class; one without a name was none.
func (c *codeTable) addClass(record *trace.ClassRecord) {
	of := c.classes[record.Generation]
	if of == nil {
		of = map[uint64]string{}
		c.classes[record.Generation] = of
	}
	// tp_name of a class written in C begins with its module.
	of[record.ID] = strings.ToValidUTF8(record.Name[strings.LastIndexByte(record.Name, '.')+1:], "\uFFFD")
}

// codeNotReceived marks a frame whose code object was lost with a full ring.
const codeNotReceived = "code_not_received"

func errorFrame(reason string) aggregate.Frame {
	return aggregate.Frame{Kind: protocol.KindError, Name: reason}
}
