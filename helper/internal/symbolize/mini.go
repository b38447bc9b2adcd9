package symbolize

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"sync"

	"github.com/ulikunitz/xz/lzma"
)

// maxMini bounds .gnu_debugdata, packed and unpacked: 300,000 functions with long
// names. Unpacking takes up to that much again, for the dictionary.
const maxMini = 32 << 20

// unpacking is held while one is unpacked, so that memory is bounded for all.
var unpacking sync.Mutex

var errXZ = errors.New("it is not in the form of xz")

// openMini unpacks .gnu_debugdata: an ELF file with a .symtab of the functions
// that .dynsym lacks, packed by xz (GDB's manual, "MiniDebugInfo"). nil when
// there is none, or none that can be read.
func openMini(original *elfFile) *elfFile {
	s := original.section(".gnu_debugdata")
	if s == nil || s.size > maxMini {
		return nil
	}
	unpacking.Lock()
	defer unpacking.Unlock()
	unpacked, err := unpackXZ(io.NewSectionReader(original.file, int64(s.offset), int64(s.size)))
	if err != nil {
		return nil
	}
	mini, err := readELF(unpacked)
	if err != nil {
		return nil
	}
	return mini
}

// blocks is a file in memory in pieces of blockBytes, so that growing copies nothing.
type blocks [][]byte

const blockBytes = 1 << 20

// ReadAt is that of io.ReaderAt.
func (b blocks) ReadAt(into []byte, offset int64) (int, error) {
	n := 0
	for n < len(into) {
		at := offset + int64(n)
		if at < 0 || at/blockBytes >= int64(len(b)) || at%blockBytes >= int64(len(b[at/blockBytes])) {
			return n, io.EOF
		}
		n += copy(into[n:], b[at/blockBytes][at%blockBytes:])
	}
	return n, nil
}

// extract copies a string table, so that the rest need not be kept.
func (b blocks) extract(names *stringTable) (kept *stringTable, held int) {
	if names.size > maxMini {
		return &stringTable{}, 0
	}
	data := make([]byte, names.size)
	if !readFull(b, names.base, data) {
		return &stringTable{}, 0
	}
	return &stringTable{file: bytes.NewReader(data), size: names.size}, len(data)
}

// unpackXZ reads the blocks of an xz stream (The .xz File Format 1.2.0, chapters
// 2 and 3) whose only filter is LZMA2. The reader of the whole format is not
// used: it makes a dictionary of whatever size the file asks for, up to 4 GiB.
func unpackXZ(packed io.Reader) (blocks, error) {
	in := &counter{in: bufio.NewReader(packed)}
	var header [12]byte
	if _, err := io.ReadFull(in, header[:]); err != nil || string(header[:6]) != "\xfd7zXZ\x00" || header[6] != 0 {
		return nil, errXZ
	}
	var out blocks
	for {
		dictionary, isIndex, err := blockHeader(in)
		if err != nil || isIndex {
			return out, err
		}
		if out, err = unpackBlock(in, out, dictionary, header[7]); err != nil {
			return nil, err
		}
	}
}

// blockHeader reads a block's header; isIndex tells that the blocks are over.
func blockHeader(in io.Reader) (dictionary int, isIndex bool, err error) {
	var size [1]byte
	if _, err := io.ReadFull(in, size[:]); err != nil {
		return 0, false, err
	}
	if size[0] == 0 {
		return 0, true, nil
	}
	data := make([]byte, (int(size[0])+1)*4-1)
	if _, err := io.ReadFull(in, data); err != nil {
		return 0, false, err
	}
	fields := bytes.NewReader(data[:len(data)-4])
	flags, _ := fields.ReadByte()
	for _, optional := range []byte{0x40, 0x80} {
		if flags&optional != 0 {
			if _, err := binary.ReadUvarint(fields); err != nil {
				return 0, false, errXZ
			}
		}
	}
	var filter [3]byte
	const lzma2 = 0x21
	if _, err := io.ReadFull(fields, filter[:]); err != nil || flags&0x3f != 0 || filter[0] != lzma2 || filter[1] != 1 || filter[2] > 40 {
		return 0, false, errXZ
	}
	wanted := uint64(2|filter[2]&1) << (filter[2]/2 + 11)
	// What is unpacked is no longer, so neither are distances.
	return int(min(wanted, maxMini)), false, nil
}

// unpackBlock appends a block's data, and reads on behind its check.
func unpackBlock(in *counter, out blocks, dictionary int, check byte) (blocks, error) {
	// The header's length is a multiple of 4, so padding counts from here.
	in.count = 0
	reader, err := lzma.Reader2Config{DictCap: dictionary}.NewReader2(in)
	if err != nil {
		return nil, err
	}
	sum := checkOf(check)
	for {
		if last := len(out) - 1; last < 0 || len(out[last]) == blockBytes {
			if len(out) == maxMini/blockBytes {
				return nil, errXZ
			}
			out = append(out, make([]byte, 0, blockBytes))
		}
		block := &out[len(out)-1]
		n, err := reader.Read((*block)[len(*block):blockBytes])
		if sum != nil {
			sum.Write((*block)[len(*block) : len(*block)+n])
		}
		*block = (*block)[:len(*block)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	behind := make([]byte, (-in.count&3)+checkBytes(check))
	if _, err := io.ReadFull(in, behind); err != nil {
		return nil, err
	}
	if sum != nil && !bytes.Equal(reversed(sum.Sum(nil)), behind[len(behind)-sum.Size():]) {
		return nil, errXZ
	}
	return out, nil
}

// checkBytes is how long the check of a kind is (The .xz File Format, 2.1.1.2).
func checkBytes(kind byte) int {
	if kind == 0 {
		return 0
	}
	return 4 << (min(kind-1, 14) / 3)
}

// checkOf computes the checks that xz writes by default; nil for others.
func checkOf(kind byte) hash.Hash {
	switch kind {
	case 1:
		return crc32.NewIEEE()
	case 4:
		return crc64.New(crc64.MakeTable(crc64.ECMA))
	}
	return nil
}

// reversed: Go's checksums are big-endian, those of xz little-endian.
func reversed(sum []byte) []byte {
	for i, j := 0, len(sum)-1; i < j; i, j = i+1, j-1 {
		sum[i], sum[j] = sum[j], sum[i]
	}
	return sum
}

// counter counts the bytes that were read.
type counter struct {
	in    *bufio.Reader
	count int
}

func (c *counter) Read(into []byte) (int, error) {
	n, err := c.in.Read(into)
	c.count += n
	return n, err
}
