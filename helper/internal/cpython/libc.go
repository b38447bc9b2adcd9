package cpython

import (
	"path"
	"regexp"

	"emberline/helper/internal/proc"
)

// TSSLayout tells where pthread_getspecific() finds a key's value, relative to
// the thread pointer (fs_base on x86-64).
type TSSLayout struct {
	// FirstLevel is where the value of key 0 lies (glibc), or the pointer to the array (musl).
	FirstLevel int32
	// SecondLevel is where the pointers to further blocks of 32 keys lie (glibc).
	SecondLevel int32
	// Stride is the bytes from one key's value to the next.
	Stride uint32
	// VectorStride is the bytes of an entry of the vector of modules.
	VectorStride uint32
	Musl         bool
}

var (
	glibcFile = regexp.MustCompile(`^(libc\.so\.6|libc-2\.\d+\.so)$`)
	// Debian's musl is .../x86_64-linux-musl/libc.so; glibc's file of that name is a
	// script for the linker, which nobody maps.
	muslFile = regexp.MustCompile(`^(ld-musl-.*|libc\.musl-.*|libc\.so)$`)
)

// libcOf names the C library among the mappings; empty while none is mapped.
func libcOf(mappings []proc.Mapping) string {
	for i := range mappings {
		switch name := path.Base(mappings[i].Path); {
		case glibcFile.MatchString(name):
			return "glibc"
		case muslFile.MatchString(name):
			return "musl"
		}
	}
	return ""
}

// tssLayout of a C library; ok is false where it is not known.
//
// glibc x86-64: struct pthread (nptl/descr.h) has specific_1stblock at 0x310 and
// specific at 0x510, each block 32 pairs {sequence, value}; the same by
// disassembly of pthread_getspecific in 2.31, 2.36, 2.41 and 2.43.
// musl x86-64: struct pthread (src/internal/pthread_impl.h) has tsd at 0x80, a
// plain array of values. The vectors of modules: dtv_t (glibc
// sysdeps/generic/dl-dtv.h) is a pair, musl's a plain pointer.
func tssLayout(libc, architecture string) (layout TSSLayout, ok bool) {
	if architecture != "amd64" {
		return TSSLayout{}, false
	}
	switch libc {
	case "glibc":
		return TSSLayout{FirstLevel: 0x310 + 8, SecondLevel: 0x510, Stride: 16, VectorStride: 16}, true
	case "musl":
		return TSSLayout{FirstLevel: 0x80, Stride: 8, VectorStride: 8, Musl: true}, true
	}
	return TSSLayout{}, false
}

// ThreadIDOffsets are where struct pthread may keep the thread's id, in the PID
// namespace that it sees itself in: glibc x86-64 nptl/descr.h (2.17 to 2.43); musl
// src/internal/pthread_impl.h from 1.2.0 on, and before, when a second canary
// preceded it.
func ThreadIDOffsets(libc string) []uint64 {
	switch libc {
	case "glibc":
		return []uint64{720}
	case "musl":
		return []uint64{0x30, 0x38}
	}
	return nil
}
