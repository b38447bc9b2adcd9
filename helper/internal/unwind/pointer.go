package unwind

import "errors"

// Pointer encodings of .eh_frame (Linux Standard Base, 10.5).
const (
	peOmit     = 0xff
	peFormat   = 0x0f
	peRelative = 0x70
	peAbsPtr   = 0x00
	peUleb     = 0x01
	peUdata2   = 0x02
	peUdata4   = 0x03
	peUdata8   = 0x04
	peSleb     = 0x09
	peSdata2   = 0x0a
	peSdata4   = 0x0b
	peSdata8   = 0x0c
	pePCRel    = 0x10
)

var errEncoding = errors.New("a pointer encoding is not understood")

// pointer reads an encoded pointer; section is the address of r.data[0].
func pointer(r *reader, encoding uint8, section uint64) (uint64, error) {
	if encoding == peOmit {
		return 0, nil
	}
	base := uint64(0)
	switch encoding & peRelative {
	case 0:
	case pePCRel:
		base = section + uint64(r.at)
	default:
		return 0, errEncoding
	}
	var value uint64
	switch encoding & peFormat {
	case peAbsPtr, peUdata8, peSdata8:
		value = r.u64()
	case peUleb:
		value = r.uleb()
	case peSleb:
		value = uint64(r.sleb())
	case peUdata2:
		value = uint64(r.u16())
	case peSdata2:
		value = uint64(int64(int16(r.u16())))
	case peUdata4:
		value = uint64(r.u32())
	case peSdata4:
		value = uint64(int64(int32(r.u32())))
	default:
		return 0, errEncoding
	}
	return base + value, r.err
}
