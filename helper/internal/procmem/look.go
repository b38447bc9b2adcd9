package procmem

import "slices"

// look samples the thread that made room for this one, if it is followed. At
// most one did.
func (s *Sampler) look(one *pulse) {
	for i, p := range s.processes {
		if !p.hasRun(one.cpu) || p.isAhead(s.options.FrequencyHz) {
			continue
		}
		if t := s.displaced(p, one.cpu); t != nil && s.take(p, t, one.cpu) {
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

// displaced finds a thread of the process that ran on this CPU until now: it has
// spent time since the latest look, has not ended its turn by itself, and waits
// for this very CPU.
func (s *Sampler) displaced(p *process, cpu int) *thread {
	if latest := p.latest[cpu]; latest != nil && s.waitsFor(p, latest, cpu) {
		return latest
	}
	p.refresh(s.buffer[:], false)
	for i := 0; i < len(p.threads); i++ {
		t := p.threads[i]
		if s.waitsFor(p, t, cpu) {
			return t
		}
		if i < len(p.threads) && p.threads[i] != t {
			i-- // it has ended
		}
	}
	return nil
}

// waitsFor updates the thread's account and tells whether it was displaced from the CPU.
func (s *Sampler) waitsFor(p *process, t *thread, cpu int) bool {
	schedule, err := t.task.Schedule(s.buffer[:])
	if err != nil {
		p.forget(t)
		return false
	}
	if schedule == t.schedule && schedule.Turns > 0 {
		return false
	}
	t.schedule, t.nowNs = schedule, max(t.nowNs, schedule.CPUNs)
	state, err := t.task.State(s.buffer[:])
	if err != nil || state.State != 'R' {
		return false
	}
	if t.comm != string(state.Comm) {
		t.comm = string(state.Comm)
	}
	switch {
	case state.CPU != cpu:
		s.want(state.CPU)
		return false
	case t.isAhead(s.options.FrequencyHz):
		s.count(alreadyGiven)
		return false
	case t.justWoke(s.buffer[:]):
		s.count(justWoke)
		return false
	}
	return true
}

// take samples a thread that stands still for as long as this one has its CPU.
func (s *Sampler) take(p *process, t *thread, cpu int) bool {
	s.count(samples)
	s.pages.begin(p.pid, t.plan)
	s.walk(p, t)
	t.plan = s.pages.plan(t.plan)
	after, err := t.task.Schedule(s.buffer[:])
	if err != nil || after != t.schedule {
		// Another CPU took it over. What was read may be of two moments.
		s.count(moved)
		return false
	}
	s.deliver(p, t)
	return true
}

// deliver hands the stack over, for as much CPU time as it stands for.
func (s *Sampler) deliver(p *process, t *thread) {
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
