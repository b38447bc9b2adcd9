// Package aggregate merges stacks into one tree and tells what is new in it.
// It is pure: no clock, no I/O.
package aggregate

import "emberline/helper/protocol"

// FrameID names an interned frame of one Tree.
type FrameID int32

// Frame is a function at a place. Lines count from 1, 0 is unknown; columns are
// UTF-8 byte columns from 0, -1 is unknown.
type Frame struct {
	Kind protocol.FrameKind
	Name string
	// RemotePath is the source file of a Python function, empty otherwise.
	RemotePath string
	// Module is the ELF file of a native function, empty otherwise.
	Module string
	// PID is a process through whose root RemotePath can be read.
	PID                                         int
	FirstLine, Line, EndLine, Column, EndColumn int
}

// maxNodes bounds the tree at about 100 MiB. Real programs stay below 100,000
// nodes; a random walk over deep recursion could go on for ever.
const maxNodes = 1 << 20

// Tree is a prefix tree of stacks with a self count at each node. Its tables
// are those of protocol.Delta: append only, indices never change.
type Tree struct {
	strings   table[string]
	sources   table[sourceKey]
	functions table[functionKey]
	frames    table[frameKey]
	// frameOf skips the three tables above for a frame seen before.
	frameOf map[Frame]FrameID

	nodes    map[node]int32
	nodeList []node
	selfs    []int64
	cut      int64

	sent sent
}

type sourceKey struct{ path, pid int }

type functionKey struct {
	kind                            protocol.FrameKind
	name, source, module, firstLine int
}

type frameKey struct{ function, line, endLine, column, endColumn int }

type node struct {
	parent int32
	frame  FrameID
}

// table interns values: each gets the next dense index.
type table[T comparable] struct {
	list  []T
	index map[T]int
}

func (t *table[T]) intern(value T) int {
	if index, ok := t.index[value]; ok {
		return index
	}
	if t.index == nil {
		t.index = map[T]int{}
	}
	t.index[value] = len(t.list)
	t.list = append(t.list, value)
	return len(t.list) - 1
}

// NewTree makes an empty tree.
func NewTree() *Tree {
	return &Tree{frameOf: map[Frame]FrameID{}, nodes: map[node]int32{}}
}

// Frame interns a frame; equal frames have equal ids.
func (t *Tree) Frame(frame Frame) FrameID {
	if id, ok := t.frameOf[frame]; ok {
		return id
	}
	function := functionKey{
		kind: frame.Kind, name: t.strings.intern(frame.Name), source: -1, module: -1, firstLine: frame.FirstLine,
	}
	if frame.RemotePath != "" {
		function.source = t.sources.intern(sourceKey{path: t.strings.intern(frame.RemotePath), pid: frame.PID})
	}
	if frame.Module != "" {
		function.module = t.strings.intern(frame.Module)
	}
	id := FrameID(t.frames.intern(frameKey{
		function: t.functions.intern(function),
		line:     frame.Line, endLine: frame.EndLine, column: frame.Column, endColumn: frame.EndColumn,
	}))
	t.frameOf[frame] = id
	return id
}

// Add counts a stack, root first. Once the tree is full a new stack counts at
// its deepest known node, and Cut tells how many did.
func (t *Tree) Add(path []FrameID, count int64) {
	parent := int32(-1)
	for _, frame := range path {
		key := node{parent, frame}
		next, ok := t.nodes[key]
		if !ok {
			if len(t.nodeList) >= maxNodes {
				t.cut += count
				break
			}
			next = int32(len(t.nodeList))
			t.nodes[key] = next
			t.nodeList = append(t.nodeList, key)
			t.selfs = append(t.selfs, 0)
		}
		parent = next
	}
	if parent < 0 {
		return
	}
	t.sent.touch(parent, t.selfs[parent])
	t.selfs[parent] += count
}

// Cut is how many stacks were shortened because the tree was full.
func (t *Tree) Cut() int64 { return t.cut }

// Walk visits every distinct stack with its count, root first. The slice is
// only valid during the call.
func (t *Tree) Walk(visit func(stack []Frame, count int64)) {
	frames := make([]Frame, len(t.frames.list))
	for i := range frames {
		frames[i] = t.frame(i)
	}
	var path []Frame
	for i, count := range t.selfs {
		if count == 0 {
			continue
		}
		path = path[:0]
		for n := int32(i); n >= 0; n = t.nodeList[n].parent {
			path = append(path, frames[t.nodeList[n].frame])
		}
		for a, b := 0, len(path)-1; a < b; a, b = a+1, b-1 {
			path[a], path[b] = path[b], path[a]
		}
		visit(path, count)
	}
}

// frame spells an interned frame out again.
func (t *Tree) frame(index int) Frame {
	key := t.frames.list[index]
	function := t.functions.list[key.function]
	frame := Frame{
		Kind: function.kind, Name: t.strings.list[function.name], FirstLine: function.firstLine,
		Line: key.line, EndLine: key.endLine, Column: key.column, EndColumn: key.endColumn,
	}
	if function.source >= 0 {
		source := t.sources.list[function.source]
		frame.RemotePath, frame.PID = t.strings.list[source.path], source.pid
	}
	if function.module >= 0 {
		frame.Module = t.strings.list[function.module]
	}
	return frame
}
