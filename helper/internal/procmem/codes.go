package procmem

import (
	"bytes"
	"encoding/binary"

	"emberline/helper/internal/cpython"
	"emberline/helper/internal/trace"
)

// codeFlags are what was learned of a code object when it was first met.
type codeFlags uint8

const (
	codeSent codeFlags = 1 << iota
	// codeNamed: its first argument was looked at; it is called self, or cls (only
	// before co_qualname, 3.11).
	codeNamed
	codeHasSelf
	codeHasClass
)

// maxKnownCodes bounds what is remembered of a process; forgetting costs bytes
// and never truth.
const maxKnownCodes = 1 << 16

// sendCodes hands over what is new of the stack's code objects. They are read
// while their frames stand, and checked afterwards: code that was freed meanwhile,
// and what has no names and so is none, makes its frame one that could not be read.
func (s *Sampler) sendCodes(p *process) {
	for i := range s.stack.frames {
		frame := &s.stack.frames[i]
		if frame.Code.Checksum == 0 || i > 0 && frame.Code == s.stack.frames[i-1].Code || p.codes[frame.Code]&codeSent != 0 {
			continue
		}
		record := s.readCode(p, frame.Code)
		checksum, err := s.checksum(p.memory, p.offsets, frame.Code.Address)
		if err != nil || checksum != frame.Code.Checksum || !record.Filename.Present || !record.Qualname.Present {
			s.stack.why = codeUnreadable
			frame.Code.Checksum = 0
			continue
		}
		p.learn(frame.Code, codeSent)
		s.queue.codes = append(s.queue.codes, record)
	}
}

func (p *process) learn(id trace.CodeID, flags codeFlags) {
	if len(p.codes) >= maxKnownCodes {
		clear(p.codes)
	}
	p.codes[id] |= flags
}

// readCode reads all that names a code object; what cannot be read is left to
// whoever needs it.
func (s *Sampler) readCode(p *process, id trace.CodeID) trace.CodeRecord {
	o, code := p.offsets, id.Address
	record := trace.CodeRecord{ID: id, PID: p.pid}
	if line, err := s.pages.view(code+uint64(o.CodeFirstLine), 4); err == nil {
		record.FirstLine = int(int32(binary.LittleEndian.Uint32(line)))
	}
	name := o.CodeQualname
	if name < 0 {
		name = o.CodeName
	}
	record.Filename = s.readString(p, code+uint64(o.CodeFilename))
	record.Qualname = s.readString(p, code+uint64(name))
	record.LineTable.Address, _ = s.pages.word(code + uint64(o.CodeLineTable))
	if table, err := cpython.ReadBytes(&s.pages, record.LineTable.Address, o); err == nil {
		record.LineTable.Bytes, record.LineTable.Present = table, true
	}
	if !record.LineTable.Present {
		s.count(nameUnreadable)
	}
	return record
}

// readString reads the string that a pointer at an address leads to.
func (s *Sampler) readString(p *process, pointer uint64) trace.Piece {
	var piece trace.Piece
	piece.Address, _ = s.pages.word(pointer)
	if raw, kind, err := cpython.ReadCharacters(&s.pages, piece.Address, p.offsets); err == nil {
		piece.Bytes, piece.Kind, piece.Present = raw, kind, true
	}
	return piece
}

// classOf is the class of a method, which code objects do not know before
// co_qualname: the type of the frame's self, or its cls. 0 when it cannot be told:
// no first argument any more, or one that a closure has moved into a cell.
func (s *Sampler) classOf(p *process, frame *trace.PythonFrame) uint64 {
	flags := s.flagsOf(p, frame.Code)
	if flags&(codeHasSelf|codeHasClass) == 0 {
		return 0
	}
	o := p.offsets
	class, err := s.pages.word(frame.Address + uint64(o.FrameLocals))
	if err == nil && class == 0 {
		return 0
	}
	if err == nil && flags&codeHasSelf != 0 {
		class, err = s.pages.word(class + uint64(o.ObjectType))
	}
	var name uint64
	if err == nil {
		name, err = s.pages.word(class + uint64(o.TypeName))
	}
	if err != nil {
		s.count(classUnreadable)
		return 0
	}
	// Addresses of classes are re-used, too.
	id := class | (name>>3^name>>19)<<48
	if _, known := p.classes[id]; !known {
		p.classes[id] = struct{}{}
		s.queue.classes = append(s.queue.classes, trace.ClassRecord{
			Generation: p.generation, ID: id, Name: s.className(p, class, name),
		})
	}
	return id
}

// flagsOf looks into the code's names, once.
func (s *Sampler) flagsOf(p *process, id trace.CodeID) codeFlags {
	if id.Checksum == 0 {
		return 0
	}
	if flags := p.codes[id]; flags&codeNamed != 0 {
		return flags
	}
	flags := codeNamed
	switch s.firstArgument(p, id.Address) {
	case "self":
		flags |= codeHasSelf
	case "cls":
		flags |= codeHasClass
	}
	p.learn(id, flags)
	return flags
}

// firstArgument is its name, empty when the code takes none.
func (s *Sampler) firstArgument(p *process, code uint64) string {
	count, err := s.pages.view(code+uint64(p.offsets.CodeArgcount), 4)
	if err != nil || binary.LittleEndian.Uint32(count) == 0 {
		return ""
	}
	names, err := s.pages.word(code + uint64(p.offsets.CodeVarnames))
	if err != nil {
		return ""
	}
	first, err := s.pages.word(names + uint64(p.offsets.TupleItems))
	if err != nil {
		return ""
	}
	name, err := cpython.ReadString(&s.pages, first, p.offsets)
	if err != nil {
		return ""
	}
	return name
}

// CPython Include/object.h: set on every class whose own class is type or derives from it.
const typeSubclass = 1 << 31

// maxClassBytes is the longest class name that is read.
const maxClassBytes = 256

// className is tp_name, empty when the object is no class.
func (s *Sampler) className(p *process, class, name uint64) string {
	metaclass, err := s.pages.word(class + uint64(p.offsets.ObjectType))
	if err != nil {
		return ""
	}
	flags, err := s.pages.word(metaclass + uint64(p.offsets.TypeFlags))
	if err != nil || flags&typeSubclass == 0 {
		return ""
	}
	var text []byte
	for len(text) < maxClassBytes {
		// Up to the end of the page: what follows may not be there.
		at := name + uint64(len(text))
		part, err := s.pages.view(at, min(maxClassBytes-len(text), pageBytes-int(at&(pageBytes-1))))
		if err != nil {
			return ""
		}
		if end := bytes.IndexByte(part, 0); end >= 0 {
			return string(append(text, part[:end]...))
		}
		text = append(text, part...)
	}
	return string(text)
}
