package aggregate

import "emberline/helper/protocol"

// sent remembers how far the last delta reached.
type sent struct {
	strings, sources, functions, frames, nodes int
	// before holds the count that a node had at the last delta, for the nodes
	// that grew since: what a delta costs depends on what is new.
	before map[int32]int64
	order  []int32
}

func (s *sent) touch(node int32, count int64) {
	if _, ok := s.before[node]; ok {
		return
	}
	if s.before == nil {
		s.before = map[int32]int64{}
	}
	s.before[node] = count
	s.order = append(s.order, node)
}

// Delta returns the tables' new entries and the new counts since the last call;
// ok is false when there are none. Sources have no hash yet: that takes I/O.
func (t *Tree) Delta() (delta protocol.Delta, ok bool) {
	if len(t.sent.order) == 0 {
		// Names without samples wait for the first delta that is sent.
		return protocol.Delta{}, false
	}
	delta = protocol.Delta{
		Strings: append([]string{}, t.strings.list[t.sent.strings:]...),
		Sources: protocol.SourceTable{RemotePath: []int{}, SHA256: []string{}, PID: []int{}},
		Functions: protocol.FunctionTable{
			Kind: []protocol.FrameKind{}, Name: []int{}, Source: []int{}, Module: []int{}, FirstLine: []int{},
		},
		Frames: protocol.FrameTable{
			Function: []int{}, Line: []int{}, EndLine: []int{}, Column: []int{}, EndColumn: []int{},
		},
		Nodes:  protocol.NodeTable{Parent: []int{}, Frame: []int{}},
		Counts: protocol.SampleCounts{Node: []int{}, Count: []int{}},
	}
	for _, source := range t.sources.list[t.sent.sources:] {
		delta.Sources.RemotePath = append(delta.Sources.RemotePath, source.path)
		delta.Sources.SHA256 = append(delta.Sources.SHA256, "")
		delta.Sources.PID = append(delta.Sources.PID, source.pid)
	}
	for _, function := range t.functions.list[t.sent.functions:] {
		delta.Functions.Kind = append(delta.Functions.Kind, function.kind)
		delta.Functions.Name = append(delta.Functions.Name, function.name)
		delta.Functions.Source = append(delta.Functions.Source, function.source)
		delta.Functions.Module = append(delta.Functions.Module, function.module)
		delta.Functions.FirstLine = append(delta.Functions.FirstLine, function.firstLine)
	}
	for _, frame := range t.frames.list[t.sent.frames:] {
		delta.Frames.Function = append(delta.Frames.Function, frame.function)
		delta.Frames.Line = append(delta.Frames.Line, frame.line)
		delta.Frames.EndLine = append(delta.Frames.EndLine, frame.endLine)
		delta.Frames.Column = append(delta.Frames.Column, frame.column)
		delta.Frames.EndColumn = append(delta.Frames.EndColumn, frame.endColumn)
	}
	for _, node := range t.nodeList[t.sent.nodes:] {
		delta.Nodes.Parent = append(delta.Nodes.Parent, int(node.parent))
		delta.Nodes.Frame = append(delta.Nodes.Frame, int(node.frame))
	}
	for _, node := range t.sent.order {
		delta.Counts.Node = append(delta.Counts.Node, int(node))
		delta.Counts.Count = append(delta.Counts.Count, int(t.selfs[node]-t.sent.before[node]))
	}
	t.sent = sent{
		strings: len(t.strings.list), sources: len(t.sources.list), functions: len(t.functions.list),
		frames: len(t.frames.list), nodes: len(t.nodeList),
	}
	return delta, true
}

// Strings is the string table so far; it only grows.
func (t *Tree) Strings() []string { return t.strings.list }
