package export

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"emberline/helper/internal/aggregate"
	"emberline/helper/protocol"
)

// thread is the stacks of one thread of one process, without the frames that
// name the two.
type thread struct {
	process, name string
	pid, tid      int
	stacks        []weighted
}

type weighted struct {
	// frames are root first.
	frames []aggregate.Frame
	count  int64
}

// samples is how often the thread was sampled.
func (t *thread) samples() int64 {
	var sum int64
	for _, stack := range t.stacks {
		sum += stack.count
	}
	return sum
}

// byThread takes a profile apart, ordered by process and thread id.
func byThread(profile *Profile) []*thread {
	type key struct{ process, thread string }
	threads := map[key]*thread{}
	profile.Walk(func(stack []aggregate.Frame, count int64) {
		var of key
		rest := stack
		if len(rest) > 0 && rest[0].Kind == protocol.KindProcess {
			of.process, rest = rest[0].Name, rest[1:]
		}
		if len(rest) > 0 && rest[0].Kind == protocol.KindThread {
			of.thread, rest = rest[0].Name, rest[1:]
		}
		found := threads[of]
		if found == nil {
			found = &thread{}
			found.process, found.pid = splitID(of.process)
			found.name, found.tid = splitID(of.thread)
			threads[of] = found
		}
		found.stacks = append(found.stacks, weighted{slices.Clone(rest), count})
	})
	return slices.SortedFunc(maps.Values(threads), func(a, b *thread) int {
		return cmp.Or(a.pid-b.pid, a.tid-b.tid, strings.Compare(a.process, b.process), strings.Compare(a.name, b.name))
	})
}

// splitID takes "NAME [ID]" apart; the id is 0 where there is none.
func splitID(text string) (name string, id int) {
	open := strings.LastIndex(text, " [")
	if open < 0 || !strings.HasSuffix(text, "]") {
		return text, 0
	}
	id, err := strconv.Atoi(text[open+2 : len(text)-1])
	if err != nil {
		return text, 0
	}
	return text[:open], id
}
