// Package cpython knows CPython: how to find an interpreter in a process, where
// its structures keep what, and how to read code objects and location tables.
// It only reads, through io.ReaderAt; every length that comes from a target is
// bounded.
package cpython

import "fmt"

// Version is PY_VERSION_HEX taken apart (CPython Include/patchlevel.h).
type Version struct {
	Major, Minor, Micro int
	// Level is 0xA, 0xB, 0xC or 0xF: alpha, beta, candidate, final.
	Level, Serial int
}

// VersionFromHex reads PY_VERSION_HEX: 0xMMmmppLS.
func VersionFromHex(hex uint64) Version {
	return Version{
		Major: int(hex >> 24 & 0xff), Minor: int(hex >> 16 & 0xff), Micro: int(hex >> 8 & 0xff),
		Level: int(hex >> 4 & 0xf), Serial: int(hex & 0xf),
	}
}

// String is as Python prints it: 3.12.1, 3.15.0a7.
func (v Version) String() string {
	text := fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Micro)
	if level, ok := map[int]string{0xA: "a", 0xB: "b", 0xC: "rc"}[v.Level]; ok {
		text += fmt.Sprintf("%s%d", level, v.Serial)
	}
	return text
}

// IsZero tells that the version is not known.
func (v Version) IsZero() bool { return v == Version{} }
