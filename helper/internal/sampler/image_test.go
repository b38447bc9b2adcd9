package sampler

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"emberline/helper/internal/cpython"
)

// image is a moment of a process that stands still: what of its memory the walk
// reads, how the helper describes it, and what Python itself says of its stacks.
type image struct {
	Version      cpython.Version
	FreeThreaded bool
	Access       cpython.Access
	// Debug are the bytes of _Py_DebugOffsets, none before 3.13.
	Debug   []byte
	Threads []imageThread
	Blocks  []imageBlock

	blocks map[uint64][]byte
}

type imageThread struct {
	Scene string `json:"scene"`
	// Pointer is the thread pointer.
	Pointer uint64 `json:"pointer"`
	// stackPointer is where user code was; an image does not tell.
	stackPointer uint64
	// Frames root first.
	Frames []imageFrame `json:"frames"`
}

type imageFrame struct {
	Name string `json:"name"`
	Path string `json:"path"`
	Line int    `json:"line"`
	// Columns is the one column, from 3.11 on.
	Columns []int `json:"columns"`
}

// imageBlock is a part of the memory; its address is a multiple of its size.
type imageBlock struct {
	Address uint64
	Bytes   []byte
}

// blockBytes is REPLAY_BLOCK_BYTES of test/host/replay.h: small, since what is
// read lies scattered, and wide enough that a walk that reads a bit more still can.
const blockBytes = 128

func readImage(t *testing.T, file string) *image {
	t.Helper()
	raw, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	text, err := gzip.NewReader(raw)
	if err != nil {
		t.Fatal(err)
	}
	captured := &image{blocks: map[uint64][]byte{}}
	if err := json.NewDecoder(text).Decode(captured); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, block := range captured.Blocks {
		captured.blocks[block.Address] = block.Bytes
	}
	return captured
}

func (captured *image) write(t *testing.T, file string) {
	t.Helper()
	captured.Blocks = captured.Blocks[:0]
	for _, address := range slices.Sorted(maps.Keys(captured.blocks)) {
		captured.Blocks = append(captured.Blocks, imageBlock{address, captured.blocks[address]})
	}
	var packed bytes.Buffer
	text, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(text).Encode(captured); err != nil {
		t.Fatal(err)
	}
	if err := text.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ReadAt reads the image's memory, as io.ReaderAt.
func (captured *image) ReadAt(p []byte, address int64) (int, error) {
	for done := 0; done < len(p); {
		at := uint64(address) + uint64(done)
		block, ok := captured.blocks[at&^(blockBytes-1)]
		if !ok {
			return done, os.ErrNotExist
		}
		done += copy(p[done:], block[at&(blockBytes-1):])
	}
	return len(p), nil
}

// replay is what test/host/walk.c reads (replay.h). With a pid it reads that
// process instead of the image's memory.
func (captured *image) replay(t *testing.T, pid int) []byte {
	t.Helper()
	offsets := captured.offsets(t)
	layout, process := layoutOf(&offsets), bpfProcess{Generation: 1}
	setAccess(&process, &captured.Access)
	var file bytes.Buffer
	put := func(value any) {
		if err := binary.Write(&file, binary.NativeEndian, value); err != nil {
			t.Fatal(err)
		}
	}
	addresses := slices.Sorted(maps.Keys(captured.blocks))
	put([]uint32{uint32(pid), uint32(len(captured.Threads)), uint32(len(addresses)), 0})
	file.Write(bytesOf(&layout))
	file.Write(bytesOf(&process))
	for i, thread := range captured.Threads {
		put(thread.Pointer)
		put(thread.stackPointer)
		put([]uint32{uint32(i), 0})
	}
	for _, address := range addresses {
		put(address)
		file.Write(captured.blocks[address])
	}
	return file.Bytes()
}

func (captured *image) offsets(t *testing.T) cpython.Offsets {
	t.Helper()
	offsets, err := cpython.OffsetsOf(captured.Version, captured.FreeThreaded, captured.Debug)
	if err != nil {
		t.Fatal(err)
	}
	return offsets
}
