package procmem

import (
	"slices"

	"emberline/helper/internal/trace"
)

// look samples the thread that made room for this one, if it is followed. At
// most one did.
func (s *Sampler) look(one *pulse) {
	for i, p := range s.processes {
		if !p.hasRun(one.cpu) || p.isAhead(s.options.FrequencyHz) {
			continue
		}
		t, isStill := s.displaced(p, one)
		if t == nil {
			continue
		}
		s.count(samples)
		if isStill && s.takeStill(p, t) || !isStill && s.takeMoving(p, t) {
			one.metNs = s.nowNs
			p.latest[one.cpu] = t
			// The busiest go first.
			if i > 0 {
				s.processes[i], s.processes[i-1] = s.processes[i-1], s.processes[i]
			}
			return
		}
	}
}

// displaced finds a thread of the process that ran on this CPU until now, and so
// stands still; else one that is on a CPU which the helper may not use.
func (s *Sampler) displaced(p *process, one *pulse) (t *thread, isStill bool) {
	var elsewhere *thread
	consider := func(t *thread) bool {
		switch s.place(p, t, one) {
		case onThisCPU:
			return true
		case onClosedCPU:
			elsewhere = t
		case notSampled:
		}
		return false
	}
	if latest := p.latest[one.cpu]; latest != nil && consider(latest) {
		return latest, true
	}
	p.refresh(s.buffer[:], false)
	for i := 0; i < len(p.threads); i++ {
		t := p.threads[i]
		if consider(t) {
			return t, true
		}
		if i < len(p.threads) && p.threads[i] != t {
			i-- // it has ended
		}
	}
	return elsewhere, false
}

// place is where a thread is that is to be sampled.
type place int

const (
	notSampled place = iota
	// onThisCPU until this pulse displaced it.
	onThisCPU
	// onClosedCPU: on one of those that the helper is kept from, or waiting for it.
	onClosedCPU
)

// place updates the thread's account and tells where it is.
func (s *Sampler) place(p *process, t *thread, one *pulse) place {
	schedule, err := t.task.Schedule(s.buffer[:])
	if err != nil {
		p.forget(t)
		return notSampled
	}
	if schedule == t.schedule && schedule.Turns > 0 {
		return notSampled
	}
	t.schedule, t.nowNs = schedule, max(t.nowNs, schedule.CPUNs)
	state, err := t.task.State(s.buffer[:])
	if err != nil || state.State != 'R' {
		return notSampled
	}
	if t.comm != string(state.Comm) {
		t.comm = string(state.Comm)
	}
	if state.CPU != one.cpu {
		s.want(state.CPU)
		if s.closedCPUs[state.CPU] && t.due(s.options.FrequencyHz) >= halfDue {
			return onClosedCPU
		}
		return notSampled
	}
	switch {
	case t.isAhead(s.options.FrequencyHz):
		s.count(alreadyGiven)
		return notSampled
	case !one.isPunctual && t.owedNs(s.options.FrequencyHz) < patienceNs:
		s.count(lateTicks)
		return notSampled
	case !one.displaced(t, s.buffer[:]):
		s.count(notDisplaced)
		return notSampled
	}
	return onThisCPU
}

// takeStill samples a thread that stands still for as long as this one has its CPU.
func (s *Sampler) takeStill(p *process, t *thread) bool {
	s.collect(p, t)
	after, err := t.task.Schedule(s.buffer[:])
	if err != nil || after != t.schedule {
		// Another CPU took it over. What was read may be of two moments.
		s.count(moved)
		return false
	}
	s.deliver(p, t)
	return true
}

// maxCollects bounds how often a stack is read until it is the same twice.
const maxCollects = 8

// takeMoving samples a thread that goes on meanwhile: what it read counts when
// the next reading is the same. A stack that is never the same twice is an error.
func (s *Sampler) takeMoving(p *process, t *thread) bool {
	s.collect(p, t)
	for range maxCollects {
		s.before = append(s.before[:0], s.stack.frames...)
		s.collect(p, t)
		if (s.stack.why == samples || s.stack.why == noThreadState) && isSameStack(s.before, s.stack.frames) {
			s.deliver(p, t)
			return true
		}
	}
	s.stack = stack{frames: s.stack.frames[:0], why: stackMoving}
	s.deliver(p, t)
	return true
}

// isSameStack compares all but where in its code the youngest frame is.
func isSameStack(a, b []trace.PythonFrame) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		one, other := a[i], b[i]
		if i == 0 {
			one.ByteOffset = other.ByteOffset
		}
		if one != other {
			return false
		}
	}
	return true
}

// collect reads the thread's stack.
func (s *Sampler) collect(p *process, t *thread) {
	s.pages.begin(p.memory, t.plan)
	s.walk(p, t)
	t.plan = s.pages.plan(t.plan)
}

// deliver hands the stack over, for as much CPU time as it stands for. A process
// that has given up its memory, on its way out or into another program, runs no
// Python any more; BPF's sampler follows it no further, either.
func (s *Sampler) deliver(p *process, t *thread) {
	if s.stack.why != samples && p.isGone() {
		s.count(memoryGone)
		return
	}
	s.sendCodes(p)
	if why := s.stack.why; why != samples {
		s.count(why)
	}
	if s.stack.truncated {
		s.count(truncated)
	}
	count, missed := t.settle(s.options.FrequencyHz)
	p.given += float64(count + missed)
	s.counters[tooLate] += int64(missed)
	if !s.queue.add(p, t, &s.stack, s.nowNs, count) {
		s.counters[queueFull] += int64(count)
		return
	}
	s.counters[delivered] += int64(count)
}

// discover has pulses where the process's threads run that nobody has met yet.
func (s *Sampler) discover(p *process) {
	p.refresh(s.buffer[:], true)
	for _, t := range slices.Clone(p.threads) {
		schedule, err := t.task.Schedule(s.buffer[:])
		if err != nil {
			p.forget(t)
			continue
		}
		if schedule == t.polled && schedule.Turns > 0 {
			continue
		}
		t.polled = schedule
		if state, err := t.task.State(s.buffer[:]); err == nil && state.State == 'R' {
			s.want(state.CPU)
		}
	}
}
