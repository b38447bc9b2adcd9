package export

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"emberline/helper/internal/aggregate"
	"emberline/helper/protocol"
)

// Collapsed writes one line a stack, root first, as Brendan Gregg's
// stackcollapse scripts do. Lines are sorted, so equal profiles are equal files.
func Collapsed(out io.Writer, profile *Profile) error {
	// Frames that differ only in their columns read the same here.
	counts := map[string]int64{}
	profile.Walk(func(stack []aggregate.Frame, count int64) {
		frames := make([]string, len(stack))
		for i := range stack {
			frames[i] = collapsedFrame(&stack[i])
		}
		counts[strings.Join(frames, ";")] += count
	})
	buffer := bufio.NewWriter(out)
	for _, line := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(buffer, "%s %d\n", line, counts[line])
	}
	return buffer.Flush()
}

// collapsedName takes from a name what would end the frame or the line.
var collapsedName = strings.NewReplacer(";", ":", "\n", " ", "\r", " ")

func collapsedFrame(frame *aggregate.Frame) string {
	text := frame.Name
	switch frame.Kind {
	case protocol.KindPython:
		text = fmt.Sprintf("%s (%s:%d)", frame.Name, frame.RemotePath, frame.Line)
	case protocol.KindNative:
		text = fmt.Sprintf("%s (%s)_[n]", frame.Name, frame.Module)
	case protocol.KindKernel:
		text = frame.Name + "_[k]"
	case protocol.KindError:
		text = frame.Name + "_[e]"
	}
	return collapsedName.Replace(text)
}
