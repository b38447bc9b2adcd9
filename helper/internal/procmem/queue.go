package procmem

import (
	"emberline/helper/internal/trace"
)

// maxQueuedFrames bounds what waits for the reader: 40 MB, two seconds of
// 512-frame stacks at 10,000 Hz on one CPU.
const maxQueuedFrames = 1 << 20

// queue is what was taken and not handed over yet. Frames lie in one slice.
type queue struct {
	codes   []trace.CodeRecord
	classes []trace.ClassRecord
	samples []queued
	frames  []trace.PythonFrame
	// wake tells a reader that waits of code that is new, whose process may be
	// gone soon.
	wake chan struct{}
}

type queued struct {
	trace.Sample
	firstFrame, frames int
}

// add is false when the reader does not keep up.
func (q *queue) add(p *process, t *thread, from *stack, nowNs int64, count int) bool {
	if len(q.frames)+len(from.frames) > maxQueuedFrames || len(q.samples) >= maxQueuedFrames {
		return false
	}
	one := queued{firstFrame: len(q.frames), frames: len(from.frames)}
	one.Sample = trace.Sample{
		TimeNs: uint64(nowNs), PID: p.pid, TID: t.task.TID, Generation: p.generation, Comm: t.comm,
		Truncated: from.truncated, Count: count,
	}
	switch from.why {
	case samples:
	case noThreadState:
		one.NoThreadState = true
	case interpreterNotReady:
		one.NotInitialized = true
	default:
		one.Failed = true
	}
	if from.why != samples {
		one.Reason = counterList[from.why].name
	}
	q.frames = append(q.frames, from.frames...)
	q.samples = append(q.samples, one)
	if len(q.codes) > 0 {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// take empties the queue.
func (q *queue) take() queue {
	taken := *q
	*q = queue{wake: q.wake}
	return taken
}

// deliver hands over names before the samples that need them.
func (q *queue) deliver(handler trace.Handler) {
	for i := range q.classes {
		handler.Class(&q.classes[i])
	}
	for i := range q.codes {
		handler.Code(&q.codes[i])
	}
	for i := range q.samples {
		one := &q.samples[i]
		one.Python = q.frames[one.firstFrame : one.firstFrame+one.frames]
		handler.Sample(&one.Sample)
	}
}
