package cpython

import (
	"encoding/binary"
	"io"
)

const (
	// maxDictEntries bounds a dict that is looked through: the largest programs
	// have some 10,000 modules.
	maxDictEntries = 1 << 16
	// maxObjectReads bounds one walk over objects, which change while they are read;
	// each begun page counts as a read.
	maxObjectReads = 1 << 16
)

// objectReader reads the objects of a running process: each word may be of
// another moment, so that whatever it finds is checked by what it leads to.
type objectReader struct {
	memory  io.ReaderAt
	offsets *Offsets
	version Version
	// freeThreaded builds have a longer header, and the pointer to an instance's
	// dict in another place before it.
	freeThreaded bool
	reads        int
}

func (r *objectReader) read(into []byte, address uint64) error {
	if !r.mayRead(len(into)) || address == 0 {
		return errImplausible
	}
	_, err := r.memory.ReadAt(into, int64(address))
	return err
}

func (r *objectReader) mayRead(bytes int) bool {
	r.reads += 1 + bytes>>12
	return r.reads <= maxObjectReads
}

func (r *objectReader) word(address uint64) (uint64, error) {
	var bytes [8]byte
	if err := r.read(bytes[:], address); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(bytes[:]), nil
}

func (r *objectReader) isAtLeast(minor int) bool {
	return r.version.Major > 3 || r.version.Major == 3 && r.version.Minor >= minor
}

// is tells whether a str has this ASCII text.
func (r *objectReader) is(text string, object uint64) bool {
	if !r.mayRead(len(text)) || object == 0 {
		return false
	}
	raw, _, err := readBounded(r.memory, object, r.offsets, len(text))
	return err == nil && string(raw) == text
}

// dictKeys is where a dict, or a class for its instances, keeps its keys.
type dictKeys struct {
	entries uint64
	count   int
	// entryBytes, and where in an entry key and value are; a split table has its
	// values elsewhere.
	entryBytes, key, value int
}

// dictKeysOf reads the head of PyDictKeysObject: CPython Objects/dict-common.h
// (3.6 to 3.10), Include/internal/pycore_dict.h (3.11+).
func (r *objectReader) dictKeysOf(address uint64) (dictKeys, error) {
	var head [40]byte
	if err := r.read(head[:], address); err != nil {
		return dictKeys{}, err
	}
	if r.isAtLeast(11) {
		// {refcnt, u8 log2_size, u8 log2_index_bytes, u8 kind, u32 version, usable, nentries, indices[]}
		const general = 0
		indexBits, kind := head[9], head[10]
		if indexBits > 40 {
			return dictKeys{}, errImplausible
		}
		keys := dictKeys{
			entries: address + 32 + 1<<indexBits, count: int(int64(binary.LittleEndian.Uint64(head[24:]))),
			entryBytes: 16, key: 0, value: 8,
		}
		if kind == general {
			keys.entryBytes, keys.key, keys.value = 24, 8, 16
		}
		return keys.checked()
	}
	// {refcnt, size, lookup, usable, nentries, indices[]}; an index has 1, 2, 4 or 8 bytes.
	size := binary.LittleEndian.Uint64(head[8:])
	indexBytes := uint64(8)
	switch {
	case size > maxDictEntries*2:
		return dictKeys{}, errImplausible
	case size <= 0xff:
		indexBytes = 1
	case size <= 0xffff:
		indexBytes = 2
	default:
		indexBytes = 4
	}
	return dictKeys{
		entries: address + 40 + size*indexBytes, count: int(int64(binary.LittleEndian.Uint64(head[32:]))),
		entryBytes: 24, key: 8, value: 16,
	}.checked()
}

func (k dictKeys) checked() (dictKeys, error) {
	if k.count < 0 || k.count > maxDictEntries {
		return dictKeys{}, errImplausible
	}
	return k, nil
}

// table is 2.7's: {hash, key, value} entries, ma_mask + 1 of them.
func (r *objectReader) table(dict uint64) (dictKeys, error) {
	mask, err := r.word(dict + uint64(r.offsets.DictMask))
	if err != nil {
		return dictKeys{}, err
	}
	entries, err := r.word(dict + uint64(r.offsets.DictKeys))
	if err != nil || mask >= maxDictEntries {
		return dictKeys{}, errImplausible
	}
	return dictKeys{entries: entries, count: int(mask) + 1, entryBytes: 24, key: 8, value: 16}, nil
}

// eachOf visits the entries that have a key. values is where a split table keeps
// its values, else 0.
func (r *objectReader) eachOf(keys dictKeys, values uint64, visit func(key, value uint64) bool) error {
	if keys.count == 0 || !r.mayRead(keys.count*keys.entryBytes) {
		return nil
	}
	raw := make([]byte, keys.count*keys.entryBytes)
	if err := r.read(raw, keys.entries); err != nil {
		return err
	}
	var split []byte
	if values != 0 {
		split = make([]byte, 8*keys.count)
		if err := r.read(split, values); err != nil {
			return err
		}
	}
	for i := range keys.count {
		entry := raw[i*keys.entryBytes:]
		key, value := binary.LittleEndian.Uint64(entry[keys.key:]), binary.LittleEndian.Uint64(entry[keys.value:])
		if split != nil {
			value = binary.LittleEndian.Uint64(split[8*i:])
		}
		if key != 0 && value != 0 && !visit(key, value) {
			return nil
		}
	}
	return nil
}

// each visits the entries of a dict.
func (r *objectReader) each(dict uint64, visit func(key, value uint64) bool) error {
	if r.version.Major == 2 {
		table, err := r.table(dict)
		if err != nil {
			return err
		}
		return r.eachOf(table, 0, visit)
	}
	at, err := r.word(dict + uint64(r.offsets.DictKeys))
	if err != nil {
		return err
	}
	keys, err := r.dictKeysOf(at)
	if err != nil {
		return err
	}
	values, err := r.word(dict + uint64(r.offsets.DictValues))
	if err != nil {
		return err
	}
	return r.eachOf(keys, r.valuesIn(values), visit)
}

// valuesIn is where the array of a PyDictValues begins: behind four bytes and
// four of padding from 3.13 on.
func (r *objectReader) valuesIn(values uint64) uint64 {
	if values != 0 && r.isAtLeast(13) {
		return values + 8
	}
	return values
}

// item is the value of a str key; 0 when there is none.
func (r *objectReader) item(dict uint64, name string) (found uint64, err error) {
	err = r.each(dict, func(key, value uint64) bool {
		if r.is(name, key) {
			found = value
		}
		return found == 0
	})
	return found, err
}

// attribute is an instance's own; 0 when it has none of that name.
func (r *objectReader) attribute(object uint64, name string) (found uint64, err error) {
	class, err := r.word(object + uint64(r.offsets.ObjectType))
	if err != nil {
		return 0, err
	}
	dict, values, err := r.instance(object, class)
	switch {
	case err != nil:
		return 0, err
	case dict != 0:
		return r.item(dict, name)
	case values == 0:
		return 0, nil
	}
	at, err := r.word(class + uint64(r.offsets.HeapTypeCachedKeys))
	if err != nil {
		return 0, err
	}
	keys, err := r.dictKeysOf(at)
	if err != nil {
		return 0, err
	}
	err = r.eachOf(keys, values, func(key, value uint64) bool {
		if r.is(name, key) {
			found = value
		}
		return found == 0
	})
	return found, err
}

// instance is where an instance keeps its attributes: in a dict, or in an array
// whose keys its class has. The places are those of _PyObject_GetDictPtr (to
// 3.10), _PyObject_ValuesPointer (3.11), _PyObject_DictOrValuesPointer (3.12) and
// _PyObject_InlineValues with _PyObject_ManagedDictPointer (3.13+; CPython
// Include/internal/pycore_object.h).
func (r *objectReader) instance(object, class uint64) (dict, values uint64, err error) {
	switch {
	case r.isAtLeast(13):
		before := uint64(24)
		if r.freeThreaded {
			before = 8
		}
		if dict, err = r.word(object - before); err != nil || dict != 0 {
			return dict, 0, err
		}
		size, err := r.word(class + uint64(r.offsets.TypeBasicSize))
		if err != nil || size > maxBytes {
			return 0, 0, errImplausible
		}
		return 0, r.valuesIn(object + size), nil
	case r.isAtLeast(12):
		either, err := r.word(object - 24)
		if either&1 != 0 {
			return 0, either + 1, err
		}
		return either, 0, err
	case r.isAtLeast(11):
		if dict, err = r.word(object - 24); err != nil || dict != 0 {
			return dict, 0, err
		}
		values, err = r.word(object - 32)
		return 0, values, err
	}
	offset, err := r.word(class + uint64(r.offsets.TypeDictOffset))
	if err != nil || offset == 0 || offset > maxBytes {
		return 0, 0, errImplausible
	}
	dict, err = r.word(object + offset)
	return dict, 0, err
}

// integer is a small int, as thread identifiers are: below 2^60.
func (r *objectReader) integer(object uint64) (uint64, error) {
	if r.version.Major == 2 {
		return r.word(object + uint64(r.offsets.LongDigits))
	}
	size, err := r.word(object + uint64(r.offsets.LongSize))
	if err != nil {
		return 0, err
	}
	if r.isAtLeast(12) {
		// lv_tag: the number of digits above three bits of sign and flags.
		size >>= 3
	}
	if size > 2 {
		return 0, errImplausible
	}
	digits, err := r.word(object + uint64(r.offsets.LongDigits))
	if err != nil || size == 0 {
		return 0, err
	}
	low, high := digits&(1<<30-1), digits>>32
	if size == 1 {
		high = 0
	}
	return high<<30 | low, nil
}
