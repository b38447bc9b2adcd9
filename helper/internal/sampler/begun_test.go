package sampler

import (
	"path/filepath"
	"testing"
)

// An evaluation that has only begun: the loop's entry frame is linked, and its
// owner still what lay there before. CPython does not say in which order that
// happens; Debian's build of 3.13 links first.
func TestEntryFrameThatIsNotFilledIn(t *testing.T) {
	for _, name := range []string{"3.12.1-pyenv", "3.13.5-suite", "3.14.8-suite"} {
		t.Run(name, func(t *testing.T) {
			captured := readImage(t, filepath.Join(repository, "test/images", name+".json.gz"))
			offsets := captured.offsets(t)
			whole := walk(t, name, captured, 0)
			for i := range captured.Threads {
				for _, frame := range whole.samples[i].Python {
					if !frame.Marker {
						continue
					}
					owner := frame.Address + uint64(offsets.FrameOwner)
					block := captured.blocks[owner&^(blockBytes-1)]
					block[owner&(blockBytes-1)] = 0
					captured.Threads[i].stackPointer = frame.Address - 0x110
					break
				}
			}
			check(t, walk(t, name, captured, 0), captured)
		})
	}
}
