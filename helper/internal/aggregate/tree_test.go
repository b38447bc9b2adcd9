package aggregate

import (
	"reflect"
	"testing"

	"emberline/helper/protocol"
)

func python(name string, line int) Frame {
	return Frame{
		Kind: protocol.KindPython, Name: name, RemotePath: "/app/a.py", PID: 7,
		FirstLine: 1, Line: line, EndLine: line, Column: 4, EndColumn: 9,
	}
}

func process(name string) Frame { return Frame{Kind: protocol.KindProcess, Name: name} }

func add(tree *Tree, count int64, frames ...Frame) {
	path := make([]FrameID, len(frames))
	for i, frame := range frames {
		path[i] = tree.Frame(frame)
	}
	tree.Add(path, count)
}

func TestWalkGivesStacksBack(t *testing.T) {
	tree := NewTree()
	root, main := process("app [7]"), python("main", 3)
	native := Frame{Kind: protocol.KindNative, Name: "memcpy", Module: "libc.so.6"}
	add(tree, 2, root, main)
	add(tree, 3, root, main, python("work", 9), native)
	add(tree, 1, root, main)

	got := map[int64][]Frame{}
	tree.Walk(func(stack []Frame, count int64) { got[count] = append([]Frame{}, stack...) })
	want := map[int64][]Frame{
		3: {root, main, python("work", 9), native},
	}
	// Both stacks have the count 3: tell them apart by depth.
	if !reflect.DeepEqual(got[3], want[3]) {
		t.Errorf("got %+v, want %+v", got[3], want[3])
	}
	total := int64(0)
	tree.Walk(func(_ []Frame, count int64) { total += count })
	if total != 6 {
		t.Errorf("total %d, want 6", total)
	}
}

func TestDeltaCarriesOnlyWhatIsNew(t *testing.T) {
	tree := NewTree()
	add(tree, 5, process("app [7]"), python("main", 3))
	first, ok := tree.Delta()
	if !ok || len(first.Nodes.Parent) != 2 || !reflect.DeepEqual(first.Counts, protocol.SampleCounts{Node: []int{1}, Count: []int{5}}) {
		t.Fatalf("first delta: ok=%v %+v", ok, first)
	}
	if empty, ok := tree.Delta(); ok || len(empty.Strings)+len(empty.Nodes.Parent) != 0 {
		t.Fatalf("a delta without news: %+v", empty)
	}
	add(tree, 2, process("app [7]"), python("main", 3))
	add(tree, 1, process("app [7]"), python("main", 4))
	add(tree, 1, process("app [7]"), python("main", 3))
	second, ok := tree.Delta()
	if !ok {
		t.Fatal("no second delta")
	}
	if len(second.Strings)+len(second.Sources.PID)+len(second.Functions.Name) != 0 {
		t.Errorf("old entries sent again: %+v", second)
	}
	if !reflect.DeepEqual(second.Frames.Line, []int{4}) || !reflect.DeepEqual(second.Nodes, protocol.NodeTable{Parent: []int{0}, Frame: []int{2}}) {
		t.Errorf("frames %+v nodes %+v", second.Frames, second.Nodes)
	}
	if want := (protocol.SampleCounts{Node: []int{1, 2}, Count: []int{3, 1}}); !reflect.DeepEqual(second.Counts, want) {
		t.Errorf("counts %+v, want %+v", second.Counts, want)
	}
}

func TestNamesWithoutSamplesAreNotLost(t *testing.T) {
	tree := NewTree()
	root := tree.Frame(process("app [7]"))
	if delta, ok := tree.Delta(); ok {
		t.Fatalf("a delta without samples: %+v", delta)
	}
	tree.Add([]FrameID{root, tree.Frame(python("main", 3))}, 1)
	delta, ok := tree.Delta()
	if want := []string{"app [7]", "main", "/app/a.py"}; !ok || !reflect.DeepEqual(delta.Strings, want) {
		t.Errorf("got %q, %v; want %q", delta.Strings, ok, want)
	}
}

func TestSourcesAreOneForEachRoot(t *testing.T) {
	tree := NewTree()
	other := python("main", 3)
	other.PID = 8
	add(tree, 1, python("main", 3))
	add(tree, 1, python("main", 4))
	add(tree, 1, other)
	delta, _ := tree.Delta()
	if !reflect.DeepEqual(delta.Sources.PID, []int{7, 8}) || len(delta.Functions.Name) != 2 {
		t.Errorf("sources %+v functions %+v", delta.Sources, delta.Functions)
	}
}
