package cpython

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/arch/x86/x86asm"
)

// Access is how a thread of a process finds its own thread state. One member
// besides TSS is set.
type Access struct {
	// KeyAddress of the runtime's autoTSSkey, a Py_tss_t (3.7 to 3.14).
	KeyAddress uint64
	// Key of pthread_getspecific, where the process has it already (3.6).
	Key *int32
	// TLSOffset of _Py_tss_gilstate from the thread pointer (3.15 executables).
	TLSOffset *int64
	// Module of _Py_tss_gilstate in a library (3.15).
	Module *ModuleVariable
	// List of 2.7.
	List *ThreadList
	// TSS is pthread_getspecific's layout, for the first two.
	TSS TSSLayout
}

// ModuleVariable is a thread-local variable of a library: Offset in its block,
// whose address is VectorOffset bytes into the thread's vector of modules.
type ModuleVariable struct{ VectorOffset, Offset uint64 }

// ThreadList are the addresses of _PyThreadState_Current and interp_head.
type ThreadList struct{ CurrentAddress, InterpretersAddress uint64 }

// accessCode is what a file tells of it, as virtual addresses before relocation.
type accessCode struct {
	// key is the static int autoTLSkey (3.6).
	key uint64
	// interpreters is the static interp_head (2.7, 3.6).
	interpreters uint64
	// tls is the offset from the thread pointer; nil when it is a library's.
	tls *int64
	// got is the pair {module, offset} of a library's variable, displacement what
	// the code adds to it.
	got          uint64
	displacement uint64
}

var errNoAccess = errors.New("the way to its thread states is not understood")

// readAccess takes the address from the symbol table where there is one, else
// from the code of an exported function that does nothing but return it.
func readAccess(file *elf.File, version Version) (accessCode, error) {
	var code accessCode
	if version.Major == 2 || version.Minor == 6 {
		code.interpreters = findStatic(file, "interp_head")
		if code.interpreters == 0 {
			code.interpreters = loadedAddress(file, "PyInterpreterState_Head")
		}
	}
	switch {
	case version.Major == 2:
		if code.interpreters == 0 {
			return code, errNoAccess
		}
	case version.Minor == 6:
		code.key = findStatic(file, "autoTLSkey")
		if code.key == 0 {
			code.key = loadedAddress(file, "PyGILState_GetThisThreadState")
		}
		if code.key == 0 {
			return code, errNoAccess
		}
	case version.Minor >= 15:
		return threadLocal(file, "PyGILState_GetThisThreadState")
	}
	return code, nil
}

// functionBytes is more than the functions that are looked into have.
const functionBytes = 96

// instructions decodes the beginning of an exported function: each with the
// address of the one that follows, which x86-64 addresses relative to.
func instructions(file *elf.File, function string, visit func(instruction x86asm.Inst, next uint64) bool) {
	at := findSymbols(file, function)[function]
	if at == 0 || file.Machine != elf.EM_X86_64 {
		return
	}
	code := readVirtual(file, at, functionBytes)
	// The decoder takes the landing pad of CET for a prefix.
	if rest, ok := bytes.CutPrefix(code, []byte{0xf3, 0x0f, 0x1e, 0xfa}); ok { // endbr64
		code, at = rest, at+4
	}
	for len(code) > 0 {
		instruction, err := x86asm.Decode(code, 64)
		if err != nil || instruction.Len > len(code) {
			return
		}
		code, at = code[instruction.Len:], at+uint64(instruction.Len)
		if instruction.Op == x86asm.RET || !visit(instruction, at) {
			return
		}
	}
}

func hasPrefix(instruction x86asm.Inst, wanted x86asm.Prefix) bool {
	return slices.ContainsFunc(instruction.Prefix[:], func(prefix x86asm.Prefix) bool {
		return prefix&0xff == wanted&0xff
	})
}

// loadedAddress is the first address that a function loads from, relative to its code.
func loadedAddress(file *elf.File, function string) uint64 {
	var found uint64
	instructions(file, function, func(instruction x86asm.Inst, next uint64) bool {
		from, ok := instruction.Args[1].(x86asm.Mem)
		if instruction.Op == x86asm.MOV && ok && from.Base == x86asm.RIP {
			found = next + uint64(from.Disp)
		}
		return found == 0
	})
	return found
}

// threadLocal understands the two ways in which compilers reach a thread-local
// variable (ELF Handling For Thread-Local Storage, 4.1.6 and 4.3.6): of an
// executable, mov %fs:OFFSET; of a library, lea PAIR(%rip),%rdi; call
// __tls_get_addr; mov DISPLACEMENT(%rax).
func threadLocal(file *elf.File, function string) (accessCode, error) {
	var code accessCode
	found := false
	instructions(file, function, func(instruction x86asm.Inst, next uint64) bool {
		from, ok := instruction.Args[1].(x86asm.Mem)
		switch {
		case !ok:
		case instruction.Op == x86asm.MOV && from.Base == 0 && hasPrefix(instruction, x86asm.PrefixFS):
			// The displacement is 32 bits, and negative.
			offset := int64(int32(from.Disp))
			code.tls, found = &offset, true
		case instruction.Op == x86asm.LEA && from.Base == x86asm.RIP && instruction.Args[0] == x86asm.RDI:
			code.got = next + uint64(from.Disp)
		case instruction.Op == x86asm.MOV && code.got != 0 && from.Base == x86asm.RAX:
			code.displacement, found = uint64(from.Disp), true
		}
		return !found
	})
	if !found {
		return code, errNoAccess
	}
	return code, nil
}

// resolve makes the addresses those of a process, whose memory may have to be
// asked. ErrNotReady while its interpreter has not come so far.
func (c accessCode) resolve(memory io.ReaderAt, bias uint64, found *image, o *Offsets, tss TSSLayout) (Access, error) {
	switch {
	case found.version.Major == 2:
		return Access{List: &ThreadList{CurrentAddress: bias + found.runtime, InterpretersAddress: bias + c.interpreters}}, nil
	case c.key != 0:
		var raw [4]byte
		if _, err := memory.ReadAt(raw[:], int64(bias+c.key)); err != nil {
			return Access{}, fmt.Errorf("%w: %w", ErrNotReady, err)
		}
		// -1 until _PyGILState_Init (3.6 Python/pystate.c).
		key := int32(binary.LittleEndian.Uint32(raw[:]))
		if key < 0 {
			return Access{}, ErrNotReady
		}
		return Access{Key: &key, TSS: tss}, nil
	case c.tls != nil:
		return Access{TLSOffset: c.tls}, nil
	case c.got != 0:
		var raw [16]byte
		if _, err := memory.ReadAt(raw[:], int64(bias+c.got)); err != nil {
			return Access{}, fmt.Errorf("%w: %w", ErrNotReady, err)
		}
		module := binary.LittleEndian.Uint64(raw[:])
		if module == 0 {
			return Access{}, ErrNotReady
		}
		return Access{Module: &ModuleVariable{
			VectorOffset: module * uint64(tss.VectorStride),
			Offset:       binary.LittleEndian.Uint64(raw[8:]) + c.displacement,
		}}, nil
	}
	return Access{KeyAddress: bias + found.runtime + uint64(o.RuntimeTSSKey), TSS: tss}, nil
}

// interpretersAddress is where the process keeps the pointer to the first of its
// interpreters; 0 when that is not known.
func (c accessCode) interpretersAddress(bias uint64, found *image) uint64 {
	switch {
	case c.interpreters != 0:
		return bias + c.interpreters
	case found.offsets.RuntimeInterpretersHead >= 0:
		return bias + found.runtime + uint64(found.offsets.RuntimeInterpretersHead)
	}
	return 0
}
